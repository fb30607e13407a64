"""Pictures of one escape: landscape, escape paths, committor and quasi-stationary density."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from pydantic import BaseModel

from landscape_sim.dynamics import EulerMaruyama
from landscape_sim.ensembles.trajectory import sample_escape_paths
from landscape_sim.escape.escape import Escape
from landscape_sim.exact.plane.committor import plane_committor
from landscape_sim.exact.plane.quasi_stationary import (
    PlaneQuasiStationaryDistribution,
    plane_quasi_stationary_distribution,
)
from landscape_sim.landscapes import Ball, CriticalPoint, find_critical_points
from landscape_sim.plots.committor import plot_committor
from landscape_sim.plots.landscape import plot_escape
from landscape_sim.plots.plane import coordinate_names
from landscape_sim.plots.quasi_stationary import plot_quasi_stationary
from landscape_sim.plots.style import save_figure
from landscape_sim.results_folder import create_results_folder, write_study
from landscape_sim.theory.stationary import stationary_exponent
from landscape_sim.validation import InputError

Array = NDArray[np.float64]

_N_CELLS = 200
#: Time step, in relaxation times of the stiffest direction along the route.
_RELATIVE_STEP = 0.05
#: A mean escape of more steps is not simulated for a picture; this many take some seconds.
_MOST_STEPS = 5e6
#: Paths are given up after this many mean escape times; then e⁻²⁰ of them are left.
_MOST_MEAN_TIMES = 20.0
_POINTS_PER_PATH = 500
_LONGEST_TITLE = 70


class PictureSettings(BaseModel):
    """What was asked for, as the folder records it."""

    name: str = "picture"
    landscape: str
    variables: str | None
    domain: str | None
    start: str | None
    target: str | None
    target_radius: float
    noise: str
    learning_rate: float
    batch_size: float
    n_paths: int
    seed: int

    @property
    def title(self) -> str:
        """The landscape, cut short if its formula is long."""
        return shorten(self.landscape.replace("**", "^"), _LONGEST_TITLE, placeholder=" …")


@dataclass(frozen=True)
class Pictures:
    """Figures by name, and what is missing from them and why."""

    figures: dict[str, Figure]
    notes: list[str]


def draw_pictures(problem: Escape, label: str, n_paths: int, seed: int) -> Pictures:
    """Return the figures of one escape.

    The landscape in any dimension; in two dimensions with sampled escape paths, beside
    the committor and, where the noise is proportional to the loss, the quasi-stationary
    density. What a solver or the simulation refuses is noted, and the rest is drawn.
    """
    points = find_critical_points(problem.landscape)
    notes: list[str] = []
    if problem.dimension != 2:
        notes.append("escape paths, committor and density are drawn in two dimensions only")
        figure = plot_escape(problem, label, points)
        return Pictures({"landscape": figure}, notes)
    figures: dict[str, Figure] = {}
    paths: list[Array] = []
    with _noting("density and escape paths", notes):
        settled = _settled(problem)
        if problem.noise.follows_loss:
            figures["quasi-stationary"] = _density(problem, label, settled)
        paths = _paths(problem, settled.mean_time, n_paths, seed)
    with _noting("committor", notes):
        figures["committor"] = _committor(problem, label, points, paths)
    figures["landscape"] = plot_escape(problem, label, points, paths)
    return Pictures(figures, notes)


@contextmanager
def _noting(what: str, notes: list[str]) -> Iterator[None]:
    """Turn a refusal within the block into a note."""
    try:
        yield
    except InputError as error:
        notes.append(f"not all of {what}: {error}")


def draw_and_store(
    problem: Escape, settings: PictureSettings, out: Path | None
) -> tuple[Pictures, Path]:
    """Draw, and write every figure as PNG and SVG into a new folder; return both.

    Raises
    ------
    InputError
        If the folder exists already or cannot be created.
    """
    folder = create_results_folder(settings, out)
    write_study(settings, folder, is_complete=False)
    pictures = draw_pictures(problem, settings.title, settings.n_paths, settings.seed)
    for name, figure in pictures.figures.items():
        save_figure(figure, folder, name)
    write_study(settings, folder, is_complete=True)
    return pictures, folder


def _settled(problem: Escape) -> PlaneQuasiStationaryDistribution:
    return plane_quasi_stationary_distribution(
        problem.landscape,
        problem.noise,
        problem.route.minimum.position,
        problem.target,
        n_cells=_N_CELLS,
        domain=_plane_domain(problem),
    )


def _paths(problem: Escape, mean_time: float, n_paths: int, seed: int) -> list[Array]:
    """Return the final excursions of simulated escapes.

    Raises
    ------
    InputError
        If that would take too long.
    """
    stiffness = max(
        float(np.linalg.norm(problem.landscape.hessian(tuple(x)), 2))
        for x in problem.route.path[::10]
    )
    time_step = _RELATIVE_STEP / stiffness
    if mean_time > _MOST_STEPS * time_step:
        raise InputError(
            f"the mean escape takes {mean_time / time_step:.2g} steps, more than "
            f"{_MOST_STEPS:.0e}; raise the learning rate or lower the batch size to see paths"
        )
    escapes = sample_escape_paths(
        problem.landscape,
        EulerMaruyama(problem.noise, time_step),
        problem.route.minimum.position,
        problem.target,
        n_paths=n_paths,
        max_time=_MOST_MEAN_TIMES * mean_time,
        seed=seed,
        max_points=_POINTS_PER_PATH,
    )
    return [escape.positions for escape in escapes]


def _committor(
    problem: Escape, label: str, points: Sequence[CriticalPoint], paths: Sequence[Array]
) -> Figure:
    start = problem.route.minimum.position
    # In the plane the target is a ball around the minimum beyond; the source is its twin.
    assert isinstance(problem.target, Ball)
    committor = plane_committor(
        problem.landscape,
        problem.noise,
        Ball(start, problem.target.radius),
        problem.target,
        n_cells=_N_CELLS,
        domain=_plane_domain(problem),
    )
    return plot_committor(
        committor,
        problem.route,
        label,
        names=coordinate_names(problem.landscape, 2),
        critical_points=points,
        paths=paths,
    )


def _density(problem: Escape, label: str, settled: PlaneQuasiStationaryDistribution) -> Figure:
    with np.errstate(all="ignore"):  # the grid may reach where the formula overflows
        loss = np.asarray(problem.landscape.loss((settled.x, settled.y)))
    return plot_quasi_stationary(
        settled,
        np.broadcast_to(loss, settled.x.shape),
        stationary_exponent(problem.temperature),
        problem.route,
        label,
        names=coordinate_names(problem.landscape, 2),
    )


def _plane_domain(problem: Escape) -> tuple[tuple[float, float], tuple[float, float]] | None:
    return None if problem.domain is None else (problem.domain[0], problem.domain[1])
