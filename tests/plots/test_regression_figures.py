"""The figures of SGD on data show what is in their rows."""

from __future__ import annotations

import numpy as np

from landscape_sim.plots.chain import plot_chain
from landscape_sim.plots.regression import plot_regression_passages, plot_stationary_exponents

STATIONARY = [
    {
        "learning_rate": eta,
        "batch_size": batch,
        "predicted": 1 + batch / eta,
        "exact": 1 + 0.8 * batch / eta,
        "fitted": 1 + 0.7 * batch / eta,
        "low": 1 + 0.6 * batch / eta,
        "high": 1 + 0.9 * batch / eta,
    }
    for eta in (0.1, 1.0)
    for batch in (1, 2, 4)
]
PASSAGES = [
    {
        "dimension": 2,
        "loss_ratio": ratio,
        "mean_time": None if ratio == 3.0 else ratio**9,
        "low": ratio**8,
        "high": None if ratio == 3.0 else ratio**10,
        "n_events": 0 if ratio == 3.0 else 9,
        "radial_decoupled": ratio**9,
        "radial_exact_noise": ratio**6,
    }
    for ratio in (1.5, 2.0, 3.0)
]
CHAIN = [
    {
        "learning_rate": 0.5,
        "batch_size": 1,
        "label_noise": 1.0,
        "link_gaussian_noise": 0.6,
        "link_small_learning_rate": 0.9,
        "link_decoupling": 0.4,
        "link_kramers": 1.0,
        "total": 0.216,
        "rate_formula": 1e-3,
        "rate_simulated": None if events is None else 2.2e-4,
        "low": None if events is None else 2e-4,
        "high": None if events is None else 2.4e-4,
        "n_events": events,
    }
    for events in (100, None)
]


def labels(axes):
    return axes.get_legend_handles_labels()[1]


def test_stationary_exponents():
    (axes,) = plot_stationary_exponents(STATIONARY).axes
    assert {"$η$ = 0.1", "$η$ = 1"} <= set(labels(axes))
    line = next(line for line in axes.lines if line.get_label() == "$η$ = 1")
    np.testing.assert_allclose(line.get_ydata(), [2.0, 3.0, 5.0])


def test_passages_show_what_was_never_reached_as_a_bound():
    slope = {"dimension": 2, "predicted": 10.0, "fitted": 9.0}
    (axes,) = plot_regression_passages(PASSAGES, [slope]).axes
    assert "$d$ = 2: slope 10.0 predicted, 9.0 measured" in labels(axes)
    bounds = [line for line in axes.lines if line.get_marker() == "^"]
    assert [list(line.get_ydata()) for line in bounds] == [[3.0**8]]


def test_chain_bars_are_the_links():
    (axes,) = plot_chain(CHAIN).axes
    tops = [bar.get_y() + bar.get_height() for bar in axes.patches]
    np.testing.assert_allclose(tops, np.repeat([0.6, 0.9, 0.4, 1.0], 2))
    assert "the same, SGD simulated" in labels(axes)
