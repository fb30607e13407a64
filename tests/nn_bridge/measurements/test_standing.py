"""What is no minimum is called so in every table and figure; a zero Hessian is measured."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import nn_bridge as nb
from nn_bridge.measurements.standing import Standing

SETTINGS = nb.CurvatureSettings(2, 4, 2)
X = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0]], dtype=torch.float64)


class Product(nn.Module):
    """``f = a b x₁``, whose loss has a saddle where both are zero."""

    def __init__(self, a, b):
        super().__init__()
        self.a, self.b = (nn.Parameter(torch.tensor(v, dtype=torch.float64)) for v in (a, b))
        self.c = nn.Parameter(torch.tensor([0.3, 0.1], dtype=torch.float64))

    def forward(self, x):
        return (self.a * self.b * x[:, :1]) + (self.c**2 * x[:, 1:]).sum(1, keepdim=True) * 1e-3


def regression():
    """Return a linear network in its minimum, where the loss is not zero."""
    y = torch.tensor([[1.0], [2.0], [0.0], [1.0]], dtype=torch.float64)
    network = nn.Linear(2, 1).double()
    with torch.no_grad():
        solution = torch.linalg.lstsq(torch.hstack([X, torch.ones(4, 1)]), y).solution[:, 0]
        network.weight.copy_(solution[:2])
        network.bias.copy_(solution[2])
    return nn.Sequential(network), y


def test_a_saddle_is_called_one_everywhere():
    sgd = nb.SgdSettings(0.1, 1)
    y = torch.full((4, 1), 2.0, dtype=torch.float64)
    found = nb.measure_curvature(Product(0.0, 0.0), (X, y), sgd, SETTINGS)
    assert "saddle" in found.curvature.standing.label
    for name in ("outliers", "eigenvalues"):
        assert found.table(name)["point"].str.contains("saddle").all()
    assert found.table()["is_stable"].isna().all()
    assert all("saddle" in title for title in found.printed())
    assert "saddle" in found.plot().get_suptitle()
    assert found.dataset().attrs["point"] == found.numbers()["point"]
    first, second, *_ = found.sentences()
    assert first.startswith("At no minimum (saddle")
    assert second.startswith("This is a saddle and no minimum")


def test_a_slope_is_called_one_everywhere():
    network, y = regression()
    with torch.no_grad():
        network[0].weight += 0.1
    found = nb.measure_curvature(network, (X, y), nb.SgdSettings(0.1, 1), nb.CurvatureSettings(
        n_eigenvalues=None, n_probes=4))  # fmt: skip
    assert found.curvature.standing.label == "on a slope"
    assert "on a slope" in found.plot().get_suptitle()


def test_a_minimum_is_one_and_descent_beyond_its_limit_is_not_stable():
    network, y = regression()
    extended = torch.hstack([X, torch.ones(4, 1)])
    largest = float(np.linalg.eigvalsh(extended.T @ extended / 4)[-1])
    settings = nb.CurvatureSettings(n_probes=4)
    for rate, label in ((1.9 / largest, "minimum"), (2.1 / largest, "minimum, descent diverges")):
        found = nb.measure_curvature(network, (X, y), nb.SgdSettings(rate, 1), settings)
        assert found.curvature.standing.label == label
        if "diverges" in label:
            assert not found.table()["is_stable"].any()
            assert any("descent diverges" in line for line in found.sentences())
            assert "descent diverges" in found.plot().get_suptitle()


def test_a_hessian_that_is_zero_is_measured():
    network = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1, bias=False)).double()
    nn.init.constant_(network[0].bias, -100.0)
    y = torch.ones(4, 1, dtype=torch.float64)
    found = nb.measure_curvature(network, (X, y), nb.SgdSettings(0.1, 1), nb.CurvatureSettings(4))
    assert not found.table("eigenvalues")["eigenvalue"].any()
    assert found.curvature.density.trace == (0.0, 0.0)
    assert len(found.table()) == 0
    assert any("no eigenvalue is positive" in line for line in found.sentences())
    found.plot()


@pytest.mark.parametrize(
    ("point", "label"),
    [
        (Standing(1.0, 1e-9, -1e-9, 10.0, 0.1), "minimum"),
        (Standing(1.0, 1e-9, -1e-3, 10.0, 0.1), "saddle"),
        (Standing(1.0, 0.3, 0.0, 10.0, 0.1), "on a slope"),
        (Standing(0.1, 0.3, -0.56, 20.0, 0.2), "saddle, on a slope, descent diverges"),
    ],
)
def test_what_a_point_is_called(point, label):
    assert point.label == label
    assert len(point.warnings()) == (0 if label == "minimum" else label.count(",") + 1)
