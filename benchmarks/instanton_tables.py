"""Instantons beside the grid: rates of the backward equation, and quasi-potentials.

``benchmarks.large_deviations`` puts the tables and the picture on its page.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

import landscape_sim as ls
from benchmarks.pages import markdown
from landscape_sim.large_deviations.diffusion import DiffusionHamiltonian
from landscape_sim.large_deviations.instanton import Instanton, find_instantons
from landscape_sim.plots.style import COLOURS, house_style, new_figure
from landscape_sim.quasi_potential.grid import QuasiPotential, quasi_potential
from landscape_sim.validation import InputError

EXPONENTS = (6.0, 12.0, 24.0)
#: Where the search box is narrower than the level set of the saddle.
DOMAINS = {"stiff-2d": ((-2.0, 2.0), (-4.0, 4.0))}
#: Of the escapes in the picture.
_ESCAPE_TEMPERATURE, _ESCAPE_STEP, _N_ESCAPES = 0.1, 0.001, 12


def planes() -> list[ls.CatalogueEntry]:
    """Return the landscapes of the catalogue in the plane that have an escape."""
    return [entry for entry in ls.catalogue() if len(entry.start) == 2 and entry.target]


def law_over_grid() -> str:
    """Return the law over the grid's rate at the temperatures where ``V/ε`` is a given number."""
    rows = []
    for entry in planes():
        for noise in ("isotropic", "hessian"):
            try:
                at_one = escape_at(entry, noise, 1.0).instanton().detail.exponent
            except InputError:
                cells = ["exponent only", *[""] * (2 * len(EXPONENTS) - 1)]
            else:
                temperatures = [at_one / exponent for exponent in EXPONENTS]
                cells = [x for t in temperatures for x in _ratios(escape_at(entry, noise, t))]
            rows.append([entry.name, noise, *cells])
    heads = [f"{what}, V/ε = {x:g}" for x in EXPONENTS for what in ("law/grid", "Eq. (15)/grid")]
    return markdown(["landscape", "noise", *heads], rows)


def escape_at(entry: ls.CatalogueEntry, noise: str, temperature: float) -> ls.Escape:
    """Return the escape that a landscape of the catalogue is meant for."""
    return ls.Escape(
        entry.landscape, entry.start, entry.target, temperature=temperature, noise=noise
    )


def _ratios(escape: ls.Escape) -> Iterator[str]:
    exact = escape.exact().log_rate
    yield f"{math.exp(escape.instanton().log_rate - exact):.3f}"
    yield f"{math.exp(escape.formula().log_rate - exact):.2g}"


def plane_law(entry: ls.CatalogueEntry, n_cells: int) -> tuple[Instanton, QuasiPotential]:
    """Return the cheapest instanton under aligned noise, and the quasi-potential on a grid."""
    escape = escape_at(entry, "hessian", 1.0)
    hamiltonian = DiffusionHamiltonian.of_noise(entry.landscape, escape.noise)
    route = escape.route
    ends = route.minimum.position, route.saddle.position
    on_grid = quasi_potential(
        lambda x: hamiltonian.slopes(x, np.zeros_like(x)).momentum,
        lambda x: hamiltonian.spread(x, np.zeros_like(x)),
        ends[0],
        DOMAINS.get(entry.name, entry.landscape.search_box()),
        n_cells,
    )
    return find_instantons(hamiltonian, *ends, route.path[: route.top])[0], on_grid


def two_actions() -> str:
    """Return the action of instantons and of grids at the saddle."""
    rows = []
    for entry in planes():
        cells = []
        for n_cells in (128, 256):
            instanton, on_grid = plane_law(entry, n_cells)
            cells.append(f"{on_grid(tuple(instanton.path[-1])) / instanton.action:.4f}")
        rows.append([entry.name, f"{instanton.action:.6f}", *cells])
    return markdown(["landscape", "V/T", "grid of 128²/V", "grid of 256²/V"], rows)


def simulated_escapes(entry: ls.CatalogueEntry, temperature: float) -> list[ls.EscapePath]:
    """Return the last parts of a few escapes under aligned noise."""
    escape = escape_at(entry, "hessian", temperature)
    return ls.sample_escape_paths(
        entry.landscape,
        ls.EulerMaruyama(escape.noise, _ESCAPE_STEP),
        escape.start,
        escape.target,
        n_paths=_N_ESCAPES,
        max_time=1e9,
    )


@house_style
def levels() -> Figure:
    """Draw the quasi-potential of ``stiff-2d`` under aligned noise, instantons and escapes."""
    entry = ls.from_catalogue("stiff-2d")
    instanton, on_grid = plane_law(entry, 128)
    figure = new_figure(6.0, 4.6)
    axes = figure.subplots()
    label = f"simulated escapes, $T$ = {_ESCAPE_TEMPERATURE:g}"
    for path in simulated_escapes(entry, _ESCAPE_TEMPERATURE):
        axes.plot(*path.positions.T, color="0.65", lw=0.4, label=label)
        label = ""
    values = np.where(np.isfinite(on_grid.values), on_grid.values, np.nan).T
    heights = np.arange(1, math.ceil(instanton.action / 0.05)) * 0.05
    lines = axes.contour(*on_grid.axes, values, heights, cmap="viridis", linewidths=1)
    figure.colorbar(lines, label="quasi-potential $V/T$", ticks=heights[1::2], format="%.1f")
    label = "instantons"
    for sign in (1.0, -1.0):
        axes.plot(instanton.path[:, 0], sign * instanton.path[:, 1], color=COLOURS[1], label=label)
        label = ""
    axes.plot([-1.0, 1.0], [0.0, 0.0], "ko", label="minima")
    axes.plot(0.0, 0.0, "kx", label="saddle")
    axes.set(xlabel="$x$", ylabel="$y$", xlim=(-2, 1.6), ylim=(-2.4, 3.4))
    axes.legend(loc="upper right")
    return figure
