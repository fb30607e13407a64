"""
Where the formula fails
=======================

The formula is the law of isotropic noise. Under noise along the Hessian it keeps its exponent
where nothing is much stiffer than the escape, and loses it where something is: exact rates tell.
"""

import matplotlib.pyplot as plt

import landscape_sim as ls

temperatures = [0.2, 0.1, 0.05]
figure, axes = plt.subplots(layout="constrained")
for name in ("soft-2d", "stiff-2d"):
    entry = ls.from_catalogue(name)
    escapes = [
        ls.Escape(entry.landscape, entry.start, entry.target, temperature=T, noise="hessian")
        for T in temperatures
    ]
    ratios = [escape.formula().rate / escape.exact().rate for escape in escapes]
    axes.loglog(temperatures, ratios, "o-", label=name)
axes.axhline(1.0, color="black", linewidth=0.8)
axes.set(xlabel="T = η h*/B", ylabel="formula / exact rate")
axes.legend()
figure.savefig("hessian_noise.png")
