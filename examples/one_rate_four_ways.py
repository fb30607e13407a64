"""
One rate, four ways
===================

The formula, the exact solution, a simulation and multilevel splitting answer for one escape. The
first is an asymptotic law; the others have intervals.
"""

import matplotlib.pyplot as plt

import landscape_sim as ls

well = ls.QuarticDoubleWell.from_loss_ratio(loss_ratio=3.0, barrier=0.25)
escape = ls.Escape(well, start=(-1.0,), target=(1.0,), learning_rate=0.1, batch_size=1)
answers = ls.rates(
    [
        escape.formula(),
        escape.exact(),
        escape.simulate(relative_error=0.05),
        escape.split(relative_error=0.1),
    ]
).table()
print(answers[["rate", "low", "high"]])

# %%
# Their intervals, as far as they have one, beside one another.

figure, axes = plt.subplots(layout="constrained")
for place, (rate, low, high) in enumerate(answers[["rate", "low", "high"]].itertuples(index=False)):
    bars = None if low != low else [[rate - low], [high - rate]]
    axes.errorbar(place, rate, yerr=bars, fmt="o", capsize=4)
axes.set_xticks(range(4), ["formula", "exact", "simulated", "splitting"])
axes.set_ylabel("escape rate per unit of t")
figure.savefig("one_rate_four_ways.png")
