"""
Twenty-six decades by splitting
===============================

A direct simulation waits for one over the rate. Splitting does not: its work grows as the square
of the logarithm.
"""

import matplotlib.pyplot as plt

import landscape_sim as ls

well = ls.QuarticDoubleWell.from_loss_ratio(loss_ratio=5.0, barrier=0.25)
escapes = [
    ls.Escape(well, start=(-1.0,), target=(1.0,), temperature=T) for T in (0.2, 0.1, 0.05, 0.0241)
]
split = [escape.split(relative_error=0.2) for escape in escapes]
exact = [escape.exact() for escape in escapes]
print(ls.rates([*exact, *split]).table()[["rate", "low", "high", "path_steps"]])

# %%
# The ratio to the exact rate, over twenty-six decades.

figure, axes = plt.subplots(layout="constrained")
for found, truth in zip(split, exact, strict=True):
    ends = found.interval.low, found.interval.high
    ratio, low, high = (value / truth.rate for value in (found.rate, *ends))
    axes.errorbar(truth.rate, ratio, yerr=[[ratio - low], [high - ratio]], fmt="o", capsize=4)
axes.axhline(1.0, color="black", linewidth=0.8)
axes.set(xscale="log", xlabel="exact rate per unit of t", ylabel="splitting / exact")
figure.savefig("rare_events.png")
