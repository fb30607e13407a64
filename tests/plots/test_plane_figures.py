"""Figures of a landscape, its escape paths, its committor and its quasi-stationary density."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hard_landscapes import CurvedValley, Parallel, Ring, Rotated

import landscape_sim as ls
from landscape_sim.landscapes import (
    EscapeRoute,
    LandscapeLike,
    QuarticDoubleWell,
    SeparableDoubleWell,
    TiltedDoubleWell,
    find_critical_points,
    find_escape_route,
)
from landscape_sim.plots.committor import plot_committor
from landscape_sim.plots.landscape import plot_escape
from landscape_sim.plots.quasi_stationary import plot_quasi_stationary
from landscape_sim.plots.reactive_current import plot_reactive_current
from landscape_sim.plots.style import save_figure

PLANE = SeparableDoubleWell.from_loss_ratio(4.0, 0.25, (2.0,))
HEIGHTS = (lambda value: value, np.log)


class Routed(NamedTuple):
    landscape: LandscapeLike
    route: EscapeRoute


class Field(NamedTuple):
    """Of a committor or a density, on a grid."""

    x: np.ndarray
    y: np.ndarray
    values: np.ndarray

    @property
    def density(self):
        return self.values


def markers(axes, marker):
    return [line for line in axes.lines if line.get_marker() == marker]


@pytest.mark.parametrize(
    "landscape",
    [QuarticDoubleWell.from_loss_ratio(4.0, 0.25), TiltedDoubleWell.from_loss_ratio(4.0, 1.0, 0.3)],
)
def test_in_one_dimension_both_curves_pass_through_the_critical_points(landscape):
    route = find_escape_route(landscape)
    figure = plot_escape(Routed(landscape, route), "well", find_critical_points(landscape))
    for axes, height in zip(figure.axes, HEIGHTS, strict=True):
        curve = axes.lines[0]
        for point, mark in zip(
            (route.minimum, route.saddle, route.destination),
            [line for line in axes.lines if line.get_markersize() == 8],
            strict=True,
        ):
            assert mark.get_xdata()[0] == pytest.approx(point.position[0])
            assert mark.get_ydata()[0] == pytest.approx(height(point.loss))
            # Linear interpolation on 401 points, spacing 0.008: error below L'' 0.008²/8 = 1e-4.
            here = np.interp(point.position[0], curve.get_xdata(), curve.get_ydata())
            assert here == pytest.approx(height(point.loss), abs=1e-3)
    barriers = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert [text for text in barriers if text] == [r"$\Delta L = L^s - L^*$", r"$\log(L^s/L^*)$"]


@pytest.mark.parametrize(
    "landscape",
    [
        SeparableDoubleWell.from_loss_ratio(4.0, 0.25, (1.0, 2.0)),
        Rotated.at_random(Parallel(CurvedValley(10.0), (1.0, 3.0, 0.2))),
    ],
)
def test_in_more_dimensions_the_curves_follow_the_path(landscape):
    route = find_escape_route(landscape)
    figure = plot_escape(Routed(landscape, route), "well")
    length = np.linalg.norm(np.diff(route.path, axis=0), axis=1).sum()
    for axes, height in zip(figure.axes, HEIGHTS, strict=True):
        arc, curve = axes.lines[0].get_data()
        ends = [height(route.minimum.loss), height(route.destination.loss)]
        np.testing.assert_allclose(np.interp([0.0, length], arc, curve), ends, rtol=1e-6)
        between = (arc > 0) & (arc < length)
        assert curve[between].max() == pytest.approx(height(route.saddle.loss), abs=1e-3)
        assert arc[0] < 0.0 < length < arc[-1]
        assert "arc length" in axes.get_xlabel()


def test_in_the_plane_route_points_and_paths_lie_over_both_fields():
    ring = Ring()
    route = find_escape_route(ring)
    paths = [np.column_stack([np.cos(a), np.sin(a)]) for a in np.linspace(0, 1, 40).reshape(2, 20)]
    figure = plot_escape(Routed(ring, route), "ring", find_critical_points(ring), paths)
    left, right = figure.axes[:2]
    for axes in (left, right):
        assert len(markers(axes, "o")) == 2
        assert len(markers(axes, "X")) == 2  # the other saddle, smaller
        assert len(markers(axes, "s")) == 1  # the hill
        drawn = [line for line in axes.lines if len(line.get_xdata()) == len(route.path)]
        np.testing.assert_array_equal(drawn[0].get_xydata(), route.path)
        low, high = np.array([axes.get_xlim(), axes.get_ylim()]).T
        assert np.all((route.path > low) & (route.path < high))
    assert [len(axes.lines) for axes in (left, right)] == [7, 9]
    labels = [axes.get_ylabel() for axes in figure.axes[2:]]
    assert labels == ["loss $L$", r"log-loss $U = \log L$"]


def test_the_field_ends_above_the_saddle_and_a_narrow_one_is_stretched():
    def limits(landscape):
        axes = plot_escape(Routed(landscape, find_escape_route(landscape)), "well").axes[0]
        return axes.get_aspect(), axes.get_ylim()

    aspect, (low, high) = limits(PLANE)
    # y² = ceiling − L* at x = 1, ceiling = L^s 4^¾ = 0.9428 and L* = 1/12; grid spacing 0.01.
    reach = (0.25 / 0.75 * 4**0.75 - 0.25 / 3) ** 0.5
    assert aspect == 1.0
    assert high == pytest.approx(1.06 * reach, rel=0.02)
    assert low == pytest.approx(-high, rel=0.02)
    assert limits(SeparableDoubleWell.from_loss_ratio(4.0, 0.25, (100.0,)))[0] == "auto"


def grid():
    return np.meshgrid(np.linspace(-1.6, 1.6, 81), np.linspace(-1.0, 1.0, 61), indexing="ij")


def test_the_committor_has_its_nine_level_lines_over_the_nodes_that_are_visited():
    x, y = grid()
    field = np.where(x**2 + y**2 < 2.8, 0.5 + 0.5 * np.tanh(3 * x), np.nan)
    route = find_escape_route(PLANE)
    figure = plot_committor(
        Field(x, y, field), route, "well", names=("u", "v"), paths=[route.path[::9]]
    )
    axes = figure.axes[0]
    filled, lines = axes.collections
    np.testing.assert_allclose(lines.levels, np.arange(1, 10) / 10)
    assert all(path.vertices.size for path in lines.get_paths())
    assert lines.get_linewidths()[4] > lines.get_linewidths()[0]
    # The line q = ½ is x = 0.
    assert np.abs(lines.get_paths()[4].vertices[:, 0]).max() < 1e-9
    assert (filled.levels[0], filled.levels[-1]) == (0.0, 1.0)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("u", "v")


def test_a_density_that_is_the_power_law_lies_on_its_line():
    x, y = grid()
    loss = PLANE.loss((x, y))
    density = loss**-6.0
    density[x > 1.3] = np.nan
    route = find_escape_route(PLANE)
    figure = plot_quasi_stationary(Field(x, y, density), loss, 6.0, route, "well")
    right = figure.axes[1]
    assert (right.get_xscale(), right.get_yscale()) == ("log", "log")
    heights, law = next(line for line in right.lines if len(line.get_xdata()) == 50).get_data()
    for dots in (
        line for line in right.lines if line.get_marker() == "." and line.get_xdata().size
    ):
        on_line = np.interp(np.log(dots.get_xdata()), np.log(heights), np.log(law))
        np.testing.assert_allclose(np.log(dots.get_ydata()), on_line, atol=1e-9)
    assert np.nanmin(density) > 1e-8 * np.nanmax(density)
    # The control: another exponent is another line, through the same minimum.
    other = plot_quasi_stationary(Field(x, y, density), loss, 5.0, route, "well").axes[1]
    _, shallow = next(line for line in other.lines if len(line.get_xdata()) == 50).get_data()
    assert shallow[0] == pytest.approx(law[0], rel=1e-9)
    assert shallow[-1] / law[-1] == pytest.approx(heights[-1] / heights[0], rel=1e-9)


def test_files_are_the_same_twice(tmp_path):
    route = find_escape_route(PLANE)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        save_figure(plot_escape(Routed(PLANE, route), "well"), tmp_path / folder, "landscape")
    for name in ("landscape.png", "landscape.svg"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.filterwarnings("error")
def test_a_loss_with_a_pole_beside_the_way_is_drawn_where_it_is_positive():
    pole = ls.Landscape.from_expression("2 + (x**2 - 1)**2 + 0.01*tan(x)", "x")
    figure = ls.plot_escape(ls.Escape(pole, start=(-1.0,), target=(1.0,), temperature=0.1))
    heights = figure.axes[1].lines[0].get_ydata()
    assert np.isnan(heights).any()
    assert np.isfinite(heights).sum() > 700


class Current(NamedTuple):
    """Of the transitions, on a grid."""

    x: np.ndarray
    y: np.ndarray
    forward: np.ndarray
    backward: np.ndarray
    current: np.ndarray


def test_a_tall_frame_of_the_reactive_current_stands_beside_no_blank():
    well = ls.Landscape.from_expression("0.25 + (x**2 - 1)**2 + 0.5*y**2", "x,y")
    route = find_escape_route(well, (-1.0, 0.0))
    x, y = np.meshgrid(np.linspace(-1.5, 1.5, 40), np.linspace(-4.0, 4.0, 80), indexing="ij")
    strength = np.exp(-(((abs(y) - 2.5) / 1.5) ** 2) - x**2)
    way = Current(x, y, x / 3.0 + 0.5, 0.5 - x / 3.0, np.stack([strength, -0.1 * x * strength]))
    figure = plot_reactive_current(way, route, "tall")
    figure.draw_without_rendering()
    assert figure.axes[0].get_tightbbox().x0 < 0.15 * figure.bbox.width
