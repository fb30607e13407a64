"""Figures of decoupling and noise show what they are given."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from landscape_sim.plots.style import save_figure
from nn_bridge.plots.decoupling import plot_decoupling
from nn_bridge.plots.noise import plot_noise


def test_decoupling_has_a_histogram_and_ratios_for_each_epoch(tmp_path):
    exact = np.geomspace(1.0, 1e-8, 30)
    dataset = xr.Dataset(
        {
            "exact": (("epoch", "rank"), [exact, exact]),
            "decoupled": (("epoch", "rank"), [1.1 * exact, exact]),
            "ratio": (("epoch", "rank"), [np.full(30, 1 / 1.1), np.full(30, np.nan)]),
            "trace_ratio": ("epoch", [0.909, 1.0]),
        },
        coords={"epoch": [0, 50]},
    )
    figure = plot_decoupling(dataset, "a network")
    upper, lower = figure.axes[:2], figure.axes[2:]
    assert [axes.get_title() for axes in upper] == [
        "epoch 0: trace ratio 0.909",
        "epoch 50: trace ratio 1.000",
    ]
    assert lower[0].lines[0].get_ydata() == pytest.approx(np.full(30, 1 / 1.1))
    save_figure(figure, tmp_path, "spectra")


def noise_dataset():
    loss = np.geomspace(1.0, 0.01, 20)
    return xr.Dataset(
        {
            "loss": ("epoch", loss),
            "noise_strength": ("epoch", 3 * loss**1.5),
            "noise_by_batches": ("epoch", 3.1 * loss**1.5),
            "exponent": ("window", [1.5]),
            "exponent_low": ("window", [1.4]),
            "exponent_high": ("window", [1.6]),
            "window_low": ("window", [0.01]),
            "window_high": ("window", [1.0]),
        },
        coords={"epoch": np.arange(20), "window": ["whole run"]},
    )


def test_noise_has_points_the_law_and_each_fit_through_its_points(tmp_path):
    figure = plot_noise(noise_dataset(), "a run")
    left, right = figure.axes
    assert left.get_ylabel()
    assert (right.get_xscale(), right.get_yscale()) == ("log", "log")
    points, batches, law, fit = right.lines
    assert points.get_ydata() == pytest.approx(noise_dataset()["noise_strength"].values)
    assert batches.get_marker() == "x"
    assert np.diff(np.log(law.get_ydata())) == pytest.approx(np.log(100))
    assert fit.get_ydata() == pytest.approx(3 * np.array([0.01, 1.0]) ** 1.5)
    assert "1.500 [1.400, 1.600]" in fit.get_label()
    # Glyphs that the font lacks would be warnings, hence errors.
    save_figure(figure, tmp_path, "noise")


def test_a_run_without_a_fit_has_a_figure(tmp_path):
    save_figure(plot_noise(noise_dataset().isel(window=[]), "a run"), tmp_path, "noise")
