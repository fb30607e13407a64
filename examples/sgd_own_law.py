"""
SGD's own law
=============

Mini-batch noise is not Gaussian. The large deviations of SGD's own kicks give a law with
prefactor, from the data alone.
"""

import matplotlib.pyplot as plt

import landscape_sim as ls

data = ls.phase_regression(label_noise=1.0, n_samples=1000, seed=0)
etas = [1.0, 0.7, 0.5, 0.4, 0.3]
laws = [ls.sgd_escape_law(data, ls.SGD(eta, 1), start=(0.0,)) for eta in etas]
for eta, law in zip(etas, laws, strict=True):
    print(f"η = {eta}: rate {law.rate:.3e}, leading order {law.leading_rate:.3e}")

figure, axes = plt.subplots(layout="constrained")
over = [1 / eta for eta in etas]
axes.semilogy(over, [law.rate for law in laws], "o-", label="law of SGD")
axes.semilogy(over, [law.leading_rate for law in laws], ":", label="its leading order")
axes.set(xlabel="B/η", ylabel="escape rate per unit of t")
axes.legend()
figure.savefig("sgd_own_law.png")
