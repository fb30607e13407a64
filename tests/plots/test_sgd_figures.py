"""The figures of SGD on data show what is in their rows."""

from __future__ import annotations

import numpy as np

from landscape_sim.plots.approximations import plot_approximations
from landscape_sim.plots.sgd import plot_passages, plot_stationary_exponents

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
        "exact_chain": None,
        "radial_decoupled": ratio**9,
        "radial_exact_noise": ratio**6,
        "law": None if ratio == 1.5 else ratio**9.7,
    }
    for ratio in (1.5, 2.0, 3.0)
]
LINKS = {
    "gaussian_noise": 0.6,
    "small_learning_rate": 0.9,
    "mean_gradient": 0.4,
    "decoupling": 1.1,
    "kramers": 1.0,
}
CHAIN = [
    {
        "learning_rate": 0.5,
        "batch_size": 1,
        "label_noise": 1.0,
        **{f"link_{name}": value for name, value in LINKS.items()},
        **{f"link_{name}_error": 0.01 for name in LINKS},
        "total": 0.2376,
        "law_over_sgd": 0.98,
        "rate_formula": 1e-3,
        "rate_simulated": None if events is None else 2.2e-4,
        "low": None if events is None else 2e-4,
        "high": None if events is None else 2.4e-4,
        "link_gaussian_noise_simulated": None if events is None else 0.58,
        "link_gaussian_noise_low": None if events is None else 0.55,
        "link_gaussian_noise_high": None if events is None else 0.65,
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
    slope = {"dimension": 2, "predicted": 10.0, "fitted": 9.0, "from_ratio": 1.4}
    (axes,) = plot_passages(PASSAGES, [slope]).axes
    assert "$d$ = 2: slope 10.0 predicted, 9.0 measured" in labels(axes)
    bounds = [line for line in axes.lines if line.get_marker() == "^" and len(line.get_xdata())]
    assert [list(line.get_ydata()) for line in bounds] == [[3.0**8]]
    assert "never reached: lower bound" in labels(axes)
    # Without such a level the legend does not explain it.
    (axes,) = plot_passages(PASSAGES[:2], []).axes
    assert "never reached: lower bound" not in labels(axes)


def test_the_exact_chain_is_drawn_where_it_is_known():
    rows = [{**row, "exact_chain": row["loss_ratio"] ** 9.5} for row in PASSAGES]
    (axes,) = plot_passages(rows, []).axes
    crosses = [line for line in axes.lines if line.get_marker() == "x" and len(line.get_xdata())]
    assert list(crosses[0].get_ydata()) == [row["exact_chain"] for row in rows]
    assert "exact chain of SGD, $d$ = 1" in labels(axes)


def test_the_law_of_sgd_is_a_curve_where_it_is_known():
    (axes,) = plot_passages(PASSAGES, []).axes
    (curve,) = [line for line in axes.lines if line.get_ls() == "-." and len(line.get_xdata())]
    np.testing.assert_allclose(curve.get_ydata(), [np.nan, 2.0**9.7, 3.0**9.7])
    assert any("law of SGD" in label for label in labels(axes))
    # Where it rises by decades over all else it leaves the panel, and does not stretch it.
    (far,) = plot_passages([*PASSAGES[:2], {**PASSAGES[2], "law": 1e30}], []).axes
    assert far.get_ylim() == axes.get_ylim()


def test_chain_bars_are_the_links():
    (axes,) = plot_approximations(CHAIN).axes
    tops = [bar.get_y() + bar.get_height() for bar in axes.patches]
    np.testing.assert_allclose(tops, np.repeat(list(LINKS.values()), 2))
    assert "with SGD simulated" in labels(axes)


def test_a_link_that_is_not_known_has_no_bar():
    row = {**CHAIN[1], "link_gaussian_noise": None, "link_gaussian_noise_error": None}
    (axes,) = plot_approximations([row]).axes
    tops = [bar.get_y() + bar.get_height() for bar in axes.patches]
    assert np.isnan(tops[0])
    assert np.isfinite(tops[1:]).all()
