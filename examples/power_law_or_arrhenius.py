"""
A power law, and not Arrhenius
==============================

Exact rates on quartic wells of one height ``ΔL`` and many ratios ``L^s/L*``. Under noise that
follows the loss they are a power of the ratio. Were the noise frozen at its strength in the
minimum, they would fall off faster.
"""

import matplotlib.pyplot as plt
import numpy as np

import landscape_sim as ls

ratios = np.geomspace(1.5, 6.0, 8)
figure, axes = plt.subplots(layout="constrained")
for noise, law in (("isotropic", "power law"), ("constant", "Arrhenius")):
    escapes = [
        ls.Escape(
            ls.QuarticDoubleWell.from_loss_ratio(loss_ratio=ratio, barrier=0.25),
            start=(-1.0,),
            target=(1.0,),
            temperature=0.1,
            noise=noise,
        )
        for ratio in ratios
    ]
    (line,) = axes.loglog(ratios, [one.formula().rate for one in escapes], label=law)
    exact = [one.exact().rate for one in escapes]
    axes.loglog(
        ratios, exact, "s", mfc="none", color=line.get_color(), label=f"exact, {noise} noise"
    )
axes.set(xlabel="L^s/L*", ylabel="escape rate per unit of t")
axes.set_xticks([1.5, 2, 3, 4, 6], ["1.5", "2", "3", "4", "6"])
axes.minorticks_off()
axes.legend()
figure.savefig("power_law_or_arrhenius.png")
