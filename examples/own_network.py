"""A network and data of your own: train it, then ask how sharp its minimum is.

Any ``torch.nn.Module`` will do, and any data set of tensors.
"""

from __future__ import annotations

import torch
from torch import nn

from nn_bridge.data.own_data import dataset_from_tensors
from nn_bridge.measurements.curvature import CurvatureSettings, study_curvature
from nn_bridge.measurements.curvature_tables import CurvatureStudy
from nn_bridge.training.networks import glorot_initialise
from nn_bridge.training.sgd import SgdSettings, train


def main(epochs: int = 100) -> CurvatureStudy:
    """Fit a noisy sine and print what the outliers at the end predict."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(500, 1, generator=generator) * 6 - 3
    y = torch.sin(x) + 0.1 * torch.randn(500, 1, generator=generator)
    data = dataset_from_tensors("noisy sine", x, y)

    network = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    glorot_initialise(network, seed=0)
    train(network, data, SgdSettings(learning_rate=0.1, batch_size=10), epochs)

    settings = CurvatureSettings(learning_rate=0.1, batch_size=10, n_eigenvalues=10, n_steps=20)
    study = study_curvature(network, data, settings)
    print(f"L = {study.loss:.4g}, |grad L| = {study.gradient_norm:.2g}")  # noqa: T201
    for row in study.rule_rows():
        line = f"{row['rule']:>16}: n = {row['n']}, h* = {row['h*']:.3g}"
        # A rule that would count more eigenvalues than were computed predicts nothing.
        exponent = "open" if row["is_lower_bound"] else f"{row['exponent']:.3g}"
        print(f"{line}, exponent {exponent}")  # noqa: T201
    return study


if __name__ == "__main__":
    main()
