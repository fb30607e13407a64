"""Figures show what they are given: scales, labels, marks; files are complete and repeatable."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from landscape_sim.plots.rates import plot_rates
from landscape_sim.plots.style import save_figure
from landscape_sim.plots.survival import LabelledCurve, plot_survival
from landscape_sim.validation import InputError


@pytest.fixture
def dataset() -> xr.Dataset:
    ratio = np.array([1.5, 2.0, 3.0])
    dims = ("landscape", "setting", "loss_ratio")
    formula = 0.1 * ratio ** -np.array([[[5.0], [6.0]], [[4.0], [5.0]]])
    events = np.full(formula.shape, 100.0)
    events[0, 0, 2] = 0.0  # never escaped: an upper bound only
    exact = formula * 0.95
    exact[1] = np.nan
    data = {
        "rate_formula": formula,
        "rate_exact": exact,
        "rate_simulated": np.where(events > 0, formula, 0.0),
        "rate_low": np.where(events > 0, 0.8 * formula, 0.0),
        "rate_high": 1.2 * formula,
        "rate_arrhenius": formula**1.5,
        "n_events": events,
    }
    with np.errstate(divide="ignore"):
        logs = {f"log_{name}": np.log(rate) for name, rate in data.items() if name != "n_events"}
    data |= {name: np.where(np.isfinite(log), log, np.nan) for name, log in logs.items()}
    exponents = {name: np.full((2, 2), 5.0) for name in ("predicted", "fitted", "low", "high")}
    return xr.Dataset(
        {name: (dims, values) for name, values in data.items()}
        | {f"exponent_{name}": (dims[:2], values) for name, values in exponents.items()}
        | {
            "dimension": ("landscape", [1, 4]),
            "temperature": (dims[:2], [[0.1, 0.08], [0.2, 0.16]]),
            "landscape_loss_ratio": (dims[::2], np.tile(ratio, (2, 1))),
        },
        coords={
            "landscape": ["quartic", "separable"],
            "family": ("landscape", ["quartic", "separable"]),
            "table": ("landscape", [0, 1]),
            "loss_ratio": ratio,
            "learning_rate": ("setting", [0.1, 0.08]),
            "batch_size": ("setting", [1, 1]),
            "given_temperature": ("setting", [np.nan, np.nan]),
            "repeat": ("setting", [1, 1]),
            "noise": ("setting", ["isotropic", "hessian"]),
            "is_constant": ("setting", [0, 0]),
        },
    )


def test_rates_are_on_log_log_axes_with_one_column_a_landscape(dataset):
    figure = plot_rates(dataset)
    top = figure.axes[:2]
    assert [axes.get_title() for axes in top] == ["quartic, $n$ = 1", "separable, $n$ = 4"]
    for axes in top:
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
        assert len(axes.get_legend().get_texts()) == 2
    assert "per unit of" in top[0].get_ylabel()
    low, high = top[0].get_ylim()
    assert low < dataset["rate_formula"].min() < dataset["rate_formula"].max() < high
    # The case without an escape is an arrow at its upper bound.
    arrows = [line for line in top[0].lines if line.get_marker() == "v" and len(line.get_xdata())]
    assert [float(line.get_ydata()[0]) for line in arrows] == [
        pytest.approx(float(dataset["rate_high"][0, 0, 2]))
    ]


def test_sweeps_that_were_not_begun_are_left_out(dataset):
    rates = [name for name in dataset.data_vars if str(name).startswith("rate_")]
    for name in rates:
        dataset[name][1] = np.nan
        dataset[name][0, 1] = np.nan
    figure = plot_rates(dataset)
    assert len(figure.axes) == 2
    assert len(figure.axes[0].get_legend().get_texts()) == 1


def test_rates_can_be_drawn_on_axes_of_ones_own(dataset):
    figure = Figure()
    panels = figure.subplots(2, 2)
    assert plot_rates(dataset, axes=panels) is figure
    for own, ours in zip(panels.ravel(), plot_rates(dataset).axes, strict=True):
        assert len(own.lines) == len(ours.lines)
        assert own.get_xlabel() == ours.get_xlabel()
    assert panels[0, 1].get_ylim() == panels[0, 0].get_ylim()
    with pytest.raises(InputError, match=r"axes must be 2 x 2, got 2"):
        plot_rates(dataset, axes=panels[0])


def widened(dataset, n_settings):
    """Return the first setting again and again, at learning rates of its own."""
    many = dataset.isel(setting=[0] * n_settings)
    rates = np.linspace(0.02, 0.2, n_settings)
    return many.assign_coords(learning_rate=("setting", rates)).assign(
        temperature=(("landscape", "setting"), np.stack([rates, 2 * rates]))
    )


def test_what_is_swept_is_the_axis(dataset):
    figure = plot_rates(widened(dataset, 5).isel(loss_ratio=[1]))
    assert [axes.get_xlabel() for axes in figure.axes[2:]] == ["temperature $T = η h^*/B$"] * 2
    assert figure.axes[1].get_title() == "separable, $n$ = 4, $L^s/L^*$ = 2"
    law = figure.axes[1].lines[0]
    np.testing.assert_allclose(law.get_xdata(), 2 * np.linspace(0.02, 0.2, 5))
    assert figure.axes[0].get_legend() is None


@pytest.mark.parametrize("n_settings", [7, 17, 60])
def test_many_lines_have_colours_of_their_own_and_a_legend_beside_the_data(dataset, n_settings):
    figure = plot_rates(widened(dataset, n_settings).isel(landscape=[0]))
    axes = figure.axes[0]
    solid = [line for line in axes.lines if line.get_linestyle() == "-" and len(line.get_xdata())]
    colours = [line.get_color() for line in solid if line.get_marker() == "None"]
    assert len(set(colours)) >= n_settings
    figure.draw_without_rendering()
    legend = axes.get_legend()
    assert len(legend.get_texts()) <= 24
    frame = legend.get_window_extent()
    assert frame.x0 >= axes.get_window_extent().x1
    assert frame.x1 <= figure.bbox.x1
    assert frame.y0 >= figure.bbox.y0


def test_the_legend_of_one_landscape_fits_into_its_figure(dataset):
    figure = plot_rates(dataset.isel(landscape=[0]))
    figure.draw_without_rendering()
    frame = figure.legends[0].get_window_extent()
    assert figure.bbox.x0 <= frame.x0 < frame.x1 <= figure.bbox.x1


def test_rates_under_constant_noise_stand_over_arrhenius(dataset):
    constant = dataset.assign_coords(is_constant=("setting", [1, 1]))
    figure = plot_rates(constant)
    assert figure.axes[2].get_ylabel() == "ratio to\nArrhenius"
    exact = next(line for line in figure.axes[2].lines if line.get_marker() == "s")
    expected = (dataset["rate_exact"] / dataset["rate_arrhenius"])[0, 0]
    np.testing.assert_allclose(exact.get_ydata(), expected)
    assert "slope" not in figure.axes[0].get_legend().get_texts()[0].get_text()


def test_a_ratio_that_no_float_holds_is_not_drawn(dataset):
    far = dataset.assign(log_rate_formula=dataset["log_rate_formula"] - 2000.0)
    far["rate_formula"] = 0.0 * dataset["rate_formula"]
    figure = plot_rates(far)  # a warning would be an error
    drawn = [line.get_ydata() for axes in figure.axes for line in axes.get_lines()]
    assert not any(np.isinf(np.asarray(y, dtype=float)).any() for y in drawn)


def test_rates_over_all_that_floats_hold_are_drawn(dataset):
    law = dataset["rate_formula"]
    rates = law.copy(data=np.geomspace(1e-290, 1e290, law.size).reshape(law.shape))
    figure = plot_rates(dataset.assign(rate_formula=rates, log_rate_formula=np.log(rates)))
    assert np.isfinite(figure.axes[0].get_ylim()).all()


def test_survival_curves_share_one_scaled_axis():
    times = np.linspace(0.1, 40.0, 50)
    curves = [
        LabelledCurve(f"k = {k}", times / k, np.exp(-times / 10), *bands(times), rate=k / 10)
        for k in (1.0, 2.0)
    ]
    axes = plot_survival(curves, title="two rates").axes[0]
    assert axes.get_yscale() == "log"
    drawn = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 50]
    np.testing.assert_allclose(drawn[0], drawn[1])
    assert len(axes.get_legend().get_texts()) == 3


def bands(times):
    return 0.9 * np.exp(-times / 10), np.minimum(1.1 * np.exp(-times / 10), 1.0)


def test_files_are_complete_and_the_same_twice(dataset, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = save_figure(plot_rates(dataset), tmp_path / "a", "rates")
    second = save_figure(plot_rates(dataset), tmp_path / "b", "rates")
    assert [path.name for path in first] == ["rates.png", "rates.svg"]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert not list(tmp_path.rglob("*.part"))


def test_many_landscapes_stand_in_rows_of_four_at_most(dataset):
    many = xr.concat([dataset] * 3, "landscape", data_vars="minimal", coords="minimal")
    many = many.isel(landscape=range(5)).assign_coords(table=("landscape", range(5)))
    figure = plot_rates(many)
    assert [len(row.axes) for row in figure.subfigs] == [6, 4]
    tops = [axes for axes in figure.axes if axes.get_title()]
    assert len(tops) == 5
    assert [bool(axes.get_ylabel()) for axes in tops] == [True, False, False, True, False]
    assert len({axes.get_ylim() for axes in tops}) == 1
