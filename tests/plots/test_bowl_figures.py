"""The figures of the stationary law show what the dataset holds."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from landscape_sim.plots.bowl import plot_exponents, plot_transition
from landscape_sim.plots.style import save_figure

AXES = ("learning_rate", "batch_size", "dimension", "clock")


@pytest.fixture
def dataset() -> xr.Dataset:
    law = np.array([2.0, 4.0])[:, None, None, None] * np.array([3, 6])[None, :, None, None]
    law = np.broadcast_to(law + np.array([1.0, 0.0]), (2, 2, 2, 2)).copy()
    radius = np.geomspace(0.1, 10, 12)
    density = np.broadcast_to(radius**-4.0, (*law.shape, 12)).copy()
    times = np.linspace(1.0, 10.0, 8)
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    slopes = np.array([0.0, 0.0, 1.5])
    paths = levels + slopes[:, None, None] * times[:, None]
    stationary = np.where(slopes[:, None] > 0, np.nan, levels)
    transition = "transition_dimension"
    return xr.Dataset(
        {
            "exponent_predicted": (AXES, law),
            "exponent": (AXES, 1.01 * law),
            "exponent_low": (AXES, 0.98 * law),
            "exponent_high": (AXES, 1.05 * law),
            "temperature": (AXES, 1 / law),
            "radial_density": ((*AXES, "radius"), density),
            "radial_density_error": ((*AXES, "radius"), 0.1 * density),
            "radial_density_predicted": ((*AXES, "radius"), density),
            "log_loss_ratio": ((transition, "time", "quantile"), paths),
            "log_loss_ratio_stationary": ((transition, "quantile"), stationary),
            "growth_rate": (transition, slopes + 0.01),
            "growth_low": (transition, slopes - 0.1),
            "growth_high": (transition, slopes + 0.1),
            "growth_predicted": (transition, slopes),
            "critical_dimension": 7.0,
        },
        coords={
            "learning_rate": [0.5, 0.25],
            "batch_size": [3, 6],
            "dimension": [1, 2],
            "clock": ["t", "tau"],
            "radius": radius,
            transition: [2, 5, 9],
            "time": times,
            "quantile": levels,
        },
    )


def marks(axes):
    return [line for line in axes.lines if line.get_marker() not in ("None", None, "")]


def test_exponents_stand_on_lines_of_the_law(dataset):
    top, bottom, density = plot_exponents(dataset).axes
    assert len(marks(top)) == 8
    drawn = sorted(tuple(line.get_ydata()) for line in marks(top))
    exponent = dataset["exponent"].transpose(..., "batch_size").to_numpy().reshape(8, 2)
    np.testing.assert_allclose(drawn, sorted(map(tuple, exponent)))
    for line in marks(bottom):
        np.testing.assert_allclose(line.get_ydata(), 1.01)
    places = {tuple(line.get_xdata()) for line in marks(bottom)}
    assert len(places) == 8  # no mark hides another
    assert (density.get_xscale(), density.get_yscale()) == ("log", "log")
    assert "$T$ = 0.143" in density.get_title()  # the highest one


def test_what_was_not_measured_is_left_out(dataset):
    names = [str(n) for n in dataset.data_vars if str(n).startswith(("expo", "temp", "radial"))]
    for name in names:
        dataset[name][0] = np.nan
    _, _, density = plot_exponents(dataset).axes
    assert "$T$ = 0.0769" in density.get_title()


def test_transition_has_a_panel_below_and_one_above_and_the_slope(dataset):
    below, above, slopes = plot_transition(dataset).axes
    assert "<" in below.get_title()
    assert [len(axes.collections) for axes in (below, above)] == [2, 1]
    (corner, *_) = slopes.lines
    np.testing.assert_allclose(corner.get_xdata(), [2, 5, 7, 9])
    np.testing.assert_allclose(corner.get_ydata(), [0, 0, 0, 1.5])
    # The line of the theory goes through the median half-way, with the slope of the theory.
    dashed = next(line for line in above.lines if line.get_linestyle() == "--")
    rise = np.diff(dashed.get_ydata()) / np.diff(dashed.get_xdata())
    np.testing.assert_allclose(rise, 1.5)


def test_transition_is_drawn_also_if_no_dimension_lies_above(dataset):
    figure = plot_transition(dataset.isel(transition_dimension=[0, 1]))
    assert len(figure.axes[1].collections) == 0


def test_files_are_complete(dataset, tmp_path):
    for name, draw in (("exponents", plot_exponents), ("transition", plot_transition)):
        paths = save_figure(draw(dataset), tmp_path, name)
        assert [path.name for path in paths] == [f"{name}.png", f"{name}.svg"]
