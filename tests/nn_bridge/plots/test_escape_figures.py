"""Figures of escape and cross-check show what they are given."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from landscape_sim.plots.style import save_figure
from nn_bridge.plots.cross_check import plot_cross_check
from nn_bridge.plots.escape import plot_escape

THRESHOLDS = [1.5, 2.0, 3.0]


def passages(look_bias=0.0):
    """Two known mean times and a lower bound."""
    return {
        "mean_time": ("threshold", [1.0, 4.0, 7.0]),
        "time_low": ("threshold", [0.8, 3.0, 6.0]),
        "time_high": ("threshold", [1.3, 6.0, np.nan]),
        "is_lower_bound": ("threshold", [0.0, 0.0, 1.0]),
        "look_bias": ("threshold", [look_bias, look_bias, np.nan]),
    }


def escape(look_bias=0.0):
    ratios = np.ones((8, 5))
    ratios[0, 3:] = np.nan
    return xr.Dataset(
        passages(look_bias) | {"loss_ratio": (("replica", "time"), ratios)},
        coords={"threshold": THRESHOLDS, "time": np.arange(1, 6) * 0.1},
    )


def labels(axes):
    return {text.get_text() for text in axes.get_legend().get_texts()}


def test_escape_has_replicas_and_mean_times(tmp_path):
    figure = plot_escape(escape(), "a network")
    left, right = figure.axes
    assert sum(len(line.get_xdata()) == 5 for line in left.lines) == 6
    assert left.get_title() == "6 of 8 replicas"
    assert [tick.get_text() for tick in right.get_xticklabels()] == ["1.5", "2", "3"]
    # Nothing is drawn for looks that miss nothing.
    assert labels(right) == {"network, with interval", "network, at least"}
    save_figure(figure, tmp_path, "escape")


def test_a_lower_bound_is_no_point_with_an_interval():
    right = plot_escape(escape(), "a network").axes[1]
    (container,) = right.containers
    assert container.lines[0].get_xdata() == pytest.approx([1.5, 2.0])
    (bound,) = [line for line in right.lines if line.get_label() == "network, at least"]
    assert (bound.get_xdata(), bound.get_ydata()) == (pytest.approx([3.0]), pytest.approx([6.0]))


def test_what_the_looks_may_add_is_a_bar_downwards():
    right = plot_escape(escape(look_bias=0.4), "a network").axes[1]
    assert "what the looks may add" in labels(right)
    (bars,) = right.collections[-1:]
    assert [path.vertices[:, 1].tolist() for path in bars.get_paths()] == [
        pytest.approx([0.6, 1.0]),
        pytest.approx([3.6, 4.0]),
    ]


def test_crosscheck_has_every_valley_beside_the_network(tmp_path):
    times = np.array([[0.9, 3.5, 12.0], [np.nan] * 3])
    columns = {
        name: (("valley", "threshold"), values)
        for name, values in {
            "exact": times,
            "formula": times,
            "simulated": times[[0, 0]],
            "simulated_low": 0.9 * times[[0, 0]],
            "simulated_high": 1.2 * times[[0, 0]],
        }.items()
    }
    dataset = xr.Dataset(
        passages() | columns,
        coords={"threshold": THRESHOLDS, "valley": ["n = 1", "measured"]},
    )
    figure = plot_cross_check(dataset, "a network")
    expected = {"n = 1: exact", "measured: simulation", "network, with interval"}
    assert expected | {"leading power law"} <= labels(figure.axes[0])
    # Two simulations and the network, each with its intervals.
    assert len(figure.axes[0].containers) == 3
    save_figure(figure, tmp_path, "crosscheck")
