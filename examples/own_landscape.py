"""
A landscape of your own
=======================

Five temperatures, every method, a table and a figure.
"""

import landscape_sim as ls

study = ls.Study(
    name="own-landscape",
    landscapes=[{"formula": "(x**2 - 1)**2 + 0.3*x", "variables": "x"}],
    learning_rates=[0.02, 0.025, 0.03, 0.035, 0.04],  # T = η h*/B
    batch_sizes=[1],
    loss_ratios=[1.5, 2, 3],
)
result = ls.run_study(study)
print(result.table()[["temperature", "loss_ratio", "rate_formula", "rate_exact", "rate_simulated"]])
ls.plot_rates(result).savefig("own_landscape.png")
