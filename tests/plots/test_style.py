"""The house style is in force for our figures only; other axes and settings are left alone."""

from __future__ import annotations

from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from landscape_sim.landscapes import (
    EscapeRoute,
    LandscapeLike,
    QuarticDoubleWell,
    SeparableDoubleWell,
    find_escape_route,
)
from landscape_sim.plots.committor import plot_committor
from landscape_sim.plots.landscape import plot_escape
from landscape_sim.plots.quasi_stationary import plot_quasi_stationary
from landscape_sim.plots.style import house_style, new_figure, save_figure
from landscape_sim.plots.survival import LabelledCurve, plot_survival
from landscape_sim.validation import InputError

#: Settings of a user that would be seen in every figure.
LOUD = {
    "font.size": 24,
    "axes.grid": False,
    "axes.spines.top": True,
    "grid.alpha": 1.0,
    "legend.frameon": True,
    "lines.linewidth": 6,
    "svg.hashsalt": "mine",
}


class Escape(NamedTuple):
    landscape: LandscapeLike
    route: EscapeRoute


class Field(NamedTuple):
    x: np.ndarray
    y: np.ndarray
    values: np.ndarray
    density: np.ndarray


@pytest.fixture(scope="module")
def line() -> Escape:
    well = QuarticDoubleWell.from_loss_ratio(4.0, 0.25)
    return Escape(well, find_escape_route(well))


@pytest.fixture(scope="module")
def plane() -> Escape:
    well = SeparableDoubleWell.from_loss_ratio(4.0, 0.25, (2.0,))
    return Escape(well, find_escape_route(well))


def files(draw, folder) -> list[bytes]:
    folder.mkdir()
    return [path.read_bytes() for path in save_figure(draw(), folder, "figure")]


def test_settings_of_the_user_stay_and_do_not_reach_our_figures(line, tmp_path):
    before = dict(mpl.rcParams)
    quiet = files(lambda: plot_escape(line, "well"), tmp_path / "quiet")
    assert dict(mpl.rcParams) == before
    with mpl.rc_context(LOUD):
        loud = dict(mpl.rcParams)
        assert files(lambda: plot_escape(line, "well"), tmp_path / "loud") == quiet
        assert dict(mpl.rcParams) == loud

        # The control: what is not under the house style does change.
        def without_style() -> Figure:
            figure = new_figure(3.0, 3.0)
            figure.subplots().plot([1, 2])
            return figure

        noisy = files(without_style, tmp_path / "noisy")
        ours = files(house_style(without_style), tmp_path / "ours")
        assert noisy != ours
    assert files(house_style(without_style), tmp_path / "again") == ours


def test_a_figure_saved_by_its_owner_is_in_the_house_style_too(line, tmp_path):
    figures = []
    for settings in ({}, LOUD):
        with mpl.rc_context(settings):
            path = tmp_path / f"{len(figures)}.png"
            plot_escape(line, "well").savefig(path)
            figures.append(path.read_bytes())
    assert figures[0] == figures[1]


def test_every_figure_of_an_escape_can_be_drawn_on_axes_of_ones_own(line, plane):
    x, y = np.meshgrid(np.linspace(-1.6, 1.6, 41), np.linspace(-1.0, 1.0, 31), indexing="ij")
    loss = plane.landscape.loss((x, y))
    field = Field(x, y, 0.5 + 0.5 * np.tanh(3 * x), loss**-6.0)
    times = np.linspace(0.1, 40.0, 50)
    curve = LabelledCurve("k", times, np.exp(-times / 10), 0 * times, 0 * times + 1, rate=0.1)
    draws = (
        (lambda axes: plot_escape(line, "well", axes=axes), 2),
        (lambda axes: plot_escape(plane, "well", axes=axes), 2),
        (lambda axes: plot_committor(field, plane.route, "well", axes=axes), 1),
        (lambda axes: plot_quasi_stationary(field, loss, 6.0, plane.route, "well", axes=axes), 2),
        (lambda axes: plot_survival([curve], axes=axes), 1),
    )
    for draw, n_panels in draws:
        with mpl.rc_context(LOUD):
            figure = Figure()
            panels = figure.subplots(1, n_panels)
            assert draw(panels) is figure
            for axes in np.atleast_1d(panels):
                assert axes.has_data()
                assert axes.spines["top"].get_visible()  # the user's style
            figure.draw_without_rendering()
        with pytest.raises(InputError, match=f"axes must be 1 x {n_panels}, got 3"):
            draw(Figure().subplots(1, 3))
