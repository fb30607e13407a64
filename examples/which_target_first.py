"""
Which target is met first?
==========================

From the middle well of Müller and Brown's surface SGD may leave to either side. The weaker the
noise, the surer it takes the lower pass.
"""

import matplotlib.pyplot as plt

import landscape_sim as ls

entry = ls.from_catalogue("mueller-brown")
surface = ls.Landscape.from_expression(entry.formula, entry.variables, entry.domain)
targets = [ls.Ball((-0.558, 1.442), 0.2), ls.Ball((0.623, 0.028), 0.2)]
temperatures = [0.4, 0.2, 0.1]
first = [
    ls.splitting_probabilities(
        surface, ls.LossProportionalNoise(temperature), (-0.05, 0.467), targets
    ).probabilities
    for temperature in temperatures
]
print(*zip(temperatures, first, strict=True), sep="\n")

figure, axes = plt.subplots(layout="constrained")
for name, probabilities in zip(
    ("deep well", "shallow well"), zip(*first, strict=True), strict=True
):
    axes.plot(temperatures, probabilities, "o-", label=name)
axes.set(xlabel="T", ylabel="probability to be met first", ylim=(0, 1))
axes.legend()
figure.savefig("which_target_first.png")
