"""Pictures of one escape: landscape, paths, committor, reactive current and density."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from landscape_sim.dynamics import EulerMaruyama
from landscape_sim.ensembles.trajectory import sample_escape_paths
from landscape_sim.escape.escape import Escape
from landscape_sim.exact.plane.committor import plane_committor
from landscape_sim.exact.plane.quasi_stationary import (
    PlaneQuasiStationaryDistribution,
    plane_quasi_stationary_distribution,
)
from landscape_sim.exact.plane.reactive_current import plane_reactive_current
from landscape_sim.landscapes import Ball, CriticalPoint, find_critical_points, well_radius
from landscape_sim.plots.committor import plot_committor
from landscape_sim.plots.landscape import plot_escape
from landscape_sim.plots.plane import coordinate_names
from landscape_sim.plots.quasi_stationary import plot_quasi_stationary
from landscape_sim.plots.reactive_current import plot_reactive_current
from landscape_sim.plots.style import save_figure
from landscape_sim.theory.stationary import stationary_exponent
from landscape_sim.validation import InputError, require_count, require_seed

Array = NDArray[np.float64]

#: Time step, in relaxation times of the stiffest direction along the route.
_RELATIVE_STEP = 0.05
#: A mean escape of more steps is not simulated for a picture; this many take some seconds.
_MOST_STEPS = 5e6
#: Paths are given up after this many mean escape times; then e⁻²⁰ of them are left.
_MOST_MEAN_TIMES = 20.0
_POINTS_PER_PATH = 500


@dataclass(frozen=True)
class Pictures:
    """Figures by name, and what is missing from them and why."""

    figures: dict[str, Figure]
    notes: list[str]

    def write(self, folder: Path) -> None:
        """Write every figure as PNG and SVG into ``folder``, which exists."""
        for name, figure in self.figures.items():
            save_figure(figure, folder, name)


def draw_pictures(
    escape: Escape, *, label: str = "", n_paths: int = 16, seed: int = 0, n_cells: int = 200
) -> Pictures:
    """Return the figures of one escape.

    The landscape in any dimension; in two dimensions with sampled escape paths, beside
    the committor, the current of the transitions and, where the noise is proportional to the
    loss, the quasi-stationary density, which falls as ``L^-φ`` where the noise is isotropic.

    Parameters
    ----------
    escape : Escape
        Landscape, wells and noise.
    label : str
        Title of every figure.
    n_paths : int
        Escapes to simulate.
    seed : int
        Of the escapes.
    n_cells : int
        Cells along each axis of the grids in the plane.

    Returns
    -------
    Pictures
        What a solver or the simulation refused is noted; the rest is drawn.

    Raises
    ------
    InputError
        If ``n_paths`` or ``seed`` is out of range, or there are walls.
    """
    escape.require_no_walls("a picture")
    n_paths, seed = require_count("n_paths", n_paths), require_seed(seed)
    points = find_critical_points(escape.landscape)
    notes: list[str] = []
    if escape.dimension != 2:
        notes.append("escape paths, committor and density are drawn in two dimensions only")
        figure = plot_escape(escape, label, points)
        return Pictures({"landscape": figure}, notes)
    figures: dict[str, Figure] = {}
    paths: list[Array] = []
    with _noting("density and escape paths", notes):
        settled = _settled(escape, n_cells)
        if escape.noise.follows_loss:
            figures["quasi-stationary"] = _density(escape, label, settled)
        paths = _paths(escape, settled.mean_time, n_paths, seed)
    with _noting("committor", notes):
        figures["committor"] = _committor(escape, label, points, paths, n_cells)
    with _noting("reactive current", notes):
        figures["reactive-current"] = _current(escape, label, n_cells)
    figures["landscape"] = plot_escape(escape, label, points, paths)
    return Pictures(figures, notes)


@contextmanager
def _noting(what: str, notes: list[str]) -> Iterator[None]:
    """Turn a refusal within the block into a note."""
    try:
        yield
    except InputError as error:
        notes.append(f"not all of {what}: {error}")


def _settled(escape: Escape, n_cells: int) -> PlaneQuasiStationaryDistribution:
    return plane_quasi_stationary_distribution(
        escape.landscape,
        escape.noise,
        escape.start,
        escape.target,
        n_cells=n_cells,
        domain=escape.domain,
    )


def _paths(escape: Escape, mean_time: float, n_paths: int, seed: int) -> list[Array]:
    """Return the final excursions of simulated escapes.

    Raises
    ------
    InputError
        If that would take too long.
    """
    stiffness = max(
        float(np.linalg.norm(escape.landscape.hessian(tuple(x)), 2))
        for x in escape.route.path[::10]
    )
    time_step = _RELATIVE_STEP / stiffness
    if mean_time > _MOST_STEPS * time_step:
        raise InputError(
            f"the mean escape takes {mean_time / time_step:.2g} steps, more than "
            f"{_MOST_STEPS:.0e}; raise the temperature, or learning rate over batch size, to see "
            "paths"
        )
    escapes = sample_escape_paths(
        escape.landscape,
        EulerMaruyama(escape.noise, time_step),
        escape.start,
        escape.target,
        n_paths=n_paths,
        max_time=_MOST_MEAN_TIMES * mean_time,
        seed=seed,
        max_points=_POINTS_PER_PATH,
    )
    return [one.positions for one in escapes]


def _committor(
    escape: Escape,
    label: str,
    points: Sequence[CriticalPoint],
    paths: Sequence[Array],
    n_cells: int,
) -> Figure:
    committor = plane_committor(
        escape.landscape,
        escape.noise,
        *_source_and_target(escape),
        n_cells=n_cells,
        domain=escape.domain,
    )
    return plot_committor(
        committor,
        escape.route,
        label,
        names=coordinate_names(escape.landscape, 2),
        critical_points=points,
        paths=paths,
    )


def _current(escape: Escape, label: str, n_cells: int) -> Figure:
    way = plane_reactive_current(
        escape.landscape,
        escape.noise,
        *_source_and_target(escape),
        n_cells=n_cells,
        domain=escape.domain,
    )
    names = coordinate_names(escape.landscape, 2)
    return plot_reactive_current(way, escape.route, label, names=names)


def _source_and_target(escape: Escape) -> tuple[Ball, Ball]:
    """Return the target, and as its source the twin in the well that is left, if it holds one."""
    own = well_radius(escape.landscape, escape.minimum, escape.destination)
    # In the plane the target is a ball around the minimum beyond.
    assert isinstance(escape.target, Ball)
    return Ball(escape.start, min(own, escape.target.radius)), escape.target


def _density(escape: Escape, label: str, settled: PlaneQuasiStationaryDistribution) -> Figure:
    with np.errstate(all="ignore"):  # the grid may reach where the formula overflows
        loss = np.asarray(escape.landscape.loss((settled.x, settled.y)))
    return plot_quasi_stationary(
        settled,
        np.broadcast_to(loss, settled.x.shape),
        stationary_exponent(escape.temperature),
        escape.route,
        label,
        names=coordinate_names(escape.landscape, 2),
    )
