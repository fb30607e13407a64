"""
The law of an escape's time
===========================

Out of one well the time is exponential. Through a well on the way it never is: both barriers
count. The exact survival curve, and that of a simulation.
"""

import matplotlib.pyplot as plt
import numpy as np

import landscape_sim as ls

triple = ls.Landscape.from_expression("0.1 + 1.6875*x**2*(x**2 - 1)**2", "x")
noise = ls.LossProportionalNoise(0.5)
left, right = (-1.0,), ls.HalfSpace(1.0, (1.0,))
law = ls.passage_time_distribution(triple, noise, left, right)
print(f"standard deviation / mean {law.coefficient_of_variation:.4f}; of a memoryless one 1")

# %%
# Simulated paths follow the curve, and not the exponential with the same mean.

dynamics = ls.EulerMaruyama(noise, time_step=0.002)
sample = ls.simulate_first_passage(
    triple, dynamics, left, right, n_paths=2000, max_time=8 * law.mean_time
)
times = np.asarray(law.times) / law.mean_time
figure, axes = plt.subplots(layout="constrained")
axes.plot(times, law.survival, label="exact")
axes.plot(times, np.exp(-times), "--", label="exponential")
curve = ls.survival_curve(sample)
axes.step(curve.times / law.mean_time, curve.survival, where="post", label="simulated")
axes.set(xlabel="time / mean", ylabel="not there yet", xlim=(0, 3))
axes.legend()
figure.savefig("time_of_an_escape.png")
