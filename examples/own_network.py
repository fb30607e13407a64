"""
A network and data of your own
==============================

Its noise, its curvature, and how SGD leaves its minimum. Any ``torch.nn.Module`` will do, and any
tensors.
"""

from __future__ import annotations

import torch

import nn_bridge as nb


def main(epochs: int = 100) -> nb.EscapeMeasurement | nb.CurvatureMeasurement:
    """Fit a noisy sine, then measure."""
    torch.manual_seed(0)
    x = torch.rand(500, 1) * 6 - 3
    data = x, torch.sin(x) + 0.1 * torch.randn(500, 1)
    network = torch.nn.Sequential(torch.nn.Linear(1, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))

    sgd = nb.SgdSettings(learning_rate=0.1, batch_size=10)
    noise = nb.measure_noise(network, data, sgd, nb.NoiseSettings(epochs))  # trains it, too
    print(noise.table("exponents"))
    curvature = nb.measure_curvature(network, data, sgd, nb.CurvatureSettings(10, n_steps=20))
    print(curvature.table()[["rule", "n", "h*", "exponent"]])

    few = nb.SgdSettings(learning_rate=0.1, batch_size=1)
    settings = nb.EscapeSettings((1.2, 1.5, 2.0), n_replicas=20, max_steps=500)
    escape = nb.measure_escape(network, data, few, settings)
    print(f"L* = {escape.numbers()['loss']:.3g}")
    print(escape.table()[["c", "mean_time", "time_low", "time_high"]])
    escape.plot().savefig("escape.png")
    return escape


if __name__ == "__main__":
    main()
