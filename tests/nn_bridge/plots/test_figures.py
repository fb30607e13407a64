"""Figures of training and curvature show what they are given."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from nn_bridge.plots.spectrum import plot_spectrum
from nn_bridge.plots.training import plot_history


def test_history_has_the_batch_loss_and_the_full_loss_at_checkpoints():
    dataset = xr.Dataset(
        {"batch_loss": ("epoch", [0.5, 0.2, 0.1]), "loss": ("checkpoint", [0.6, 0.09])},
        coords={"epoch": [1, 2, 3], "checkpoint": [0, 3]},
    )
    (axes,) = plot_history(dataset, "a run").axes
    curve, marks = axes.lines
    assert curve.get_ydata() == pytest.approx([0.5, 0.2, 0.1])
    assert marks.get_xdata() == pytest.approx([0, 3])
    assert (axes.get_yscale(), axes.get_title()) == ("log", "a run")


def test_spectrum_has_both_matrices_and_a_line_for_each_different_n():
    grid = np.linspace(-1.0, 9.0, 50)
    dataset = xr.Dataset(
        {
            "eigenvalue": ("rank", [8.0, 2.0, 1.0]),
            "gauss_newton": ("rank", [7.9, 1.9, 0.9]),
            "n_outliers": ("rule", [1, 3, 1, 3]),
            "is_open": ("rule", [0, 1, 0, 1]),
            "density": ("grid", np.exp(-(grid**2))),
        },
        coords={"rank": [1, 2, 3], "rule": ["gap", "edge", "share", "trace"], "grid": grid},
        attrs={"dimension": 100},
    )
    left, right = plot_spectrum(dataset, "a network").axes
    labels = [text.get_text() for text in left.get_legend().get_texts()]
    # What is a lower bound says so, and is drawn otherwise.
    assert labels == [
        "Hessian", "Gauss–Newton matrix", "n = 1: gap, share", "n ≥ 3: edge, trace",
    ]  # fmt: skip
    assert [line.get_xdata()[0] for line in left.lines[2:]] == [1.5, 3.5]
    assert [line.get_linestyle() for line in left.lines[2:]] == ["--", ":"]
    assert "100 eigenvalues" in right.get_title()
    assert right.get_yscale() == "log"
