"""What a score from theory saves multilevel splitting: path-steps to 20 %, by score.

``python -m benchmarks.scores`` prints the table of docs/rare-events.md, or that of the landscapes
that are named behind it; some twenty minutes. ``python -m benchmarks.scores pilots`` prints what
the pilot runs say under isotropic noise; a minute.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from scipy.interpolate import NearestNDInterpolator

import landscape_sim as ls
from benchmarks.instanton_tables import DOMAINS, escape_at, plane_law
from benchmarks.pages import markdown
from landscape_sim.escape.methods.fixed_step import points_on_route, side_wells
from landscape_sim.escape.methods.splitting import progress_score
from landscape_sim.exact.plane.committor import plane_committor
from landscape_sim.rare_events.scores import Score, end_in
from landscape_sim.rare_events.splitting import splitting_depth
from landscape_sim.validation import InputError

#: Landscape, noise and rate.
CASES = (
    ("quartic", "isotropic", 1e-30),
    ("separable-2d", "isotropic", 1e-30),
    ("separable-4d", "isotropic", 1e-30),
    ("stiff-2d", "hessian", 1e-10),
)
N_RUNS, RELATIVE_ERROR = 20, 0.2
#: Cells along each axis of the grid of the quasi-potential, and points of that of the committor.
_CELLS, _POINTS = 128, 241
#: Of pilots, in the time that makes the noise constant.
_PILOT_STEP = 0.01
#: A score that is refused so often is refused.
_MOST_REFUSALS = 3


class AlongInstanton(NamedTuple):
    """In one dimension: ``V`` at the nearest point of the instanton, then the way beyond."""

    landscape: Any
    start: float
    saddle: float
    end: float

    def score(self, x: Any) -> Any:
        """Return ``V/T`` as far as the saddle."""
        climbed = min(max(x[0], self.start), self.saddle)
        beyond = min(max(x[0] - self.saddle, 0.0), self.end - self.saddle)
        return np.log(self.landscape.loss((climbed,))) + beyond


def at_rate(entry: ls.CatalogueEntry, noise: str, rate: float) -> ls.Escape:
    """Return the escape at the temperature where the law has this rate."""
    at_one = escape_at(entry, noise, 1.0).instanton()
    exponent = at_one.detail.exponent
    return escape_at(entry, noise, exponent / (at_one.log_rate + exponent - math.log(rate)))


def scores(entry: ls.CatalogueEntry, escape: ls.Escape, noise: str) -> Iterator[tuple[str, Score]]:
    """Yield scores by name: the progress along the route, and what theory knows."""
    route = escape.route
    saddle = tuple(map(float, route.saddle.position))
    yield "progress", progress_score(escape)
    points = [escape.start, saddle, end_in(escape.target, saddle)]
    if len(saddle) == 1:
        start, _, end = (point[0] for point in points)
        yield "V along the instanton", AlongInstanton(escape.landscape, start, saddle[0], end)
    elif noise == "isotropic":
        yield "V", ls.loss_then_progress(escape.landscape, points, saddle)
    else:
        _, grid = plane_law(entry, _CELLS)
        yield "V", ls.potential_then_progress(grid.values, *grid.axes, points, saddle)
        yield "committor", committor(entry, escape)


def committor(entry: ls.CatalogueEntry, escape: ls.Escape) -> Score:
    """Return the logarithm of the exact committor: what no theory can better."""
    target = escape.target
    assert isinstance(target, ls.Ball)
    core = ls.Ball(escape.start, target.radius / 2.0)
    exact = plane_committor(escape.landscape, escape.noise, core, target)
    known = np.isfinite(exact.values)
    nearest = NearestNDInterpolator(
        np.column_stack([exact.x[known], exact.y[known]]), exact.values[known]
    )
    domain = DOMAINS.get(entry.name, entry.landscape.search_box())
    axes = [np.linspace(*side, _POINTS) for side in domain]
    return ls.committor_score(nearest(*np.meshgrid(*axes, indexing="ij")), *axes)


def runs(escape: ls.Escape, score: Score) -> list[ls.Rate]:
    """Return runs of splitting, none where the score is refused."""
    found, refusals = list[ls.Rate](), 0
    for seed in range(N_RUNS):
        try:
            found.append(
                ls.simulate_rare_escape(
                    escape.landscape,
                    escape.noise,
                    escape.start,
                    escape.target,
                    relative_error=RELATIVE_ERROR,
                    route=points_on_route(escape),
                    wells=side_wells(escape),
                    score=score,
                    seed=seed,
                )
            )
        except InputError:
            refusals += 1
            if refusals == _MOST_REFUSALS:
                return []
    return found


def rows(name: str, noise: str, rate: float) -> Iterator[list[str]]:
    """Yield the row of each score: mean over exact, scatter, and path-steps to 20 %."""
    entry = ls.from_catalogue(name)
    escape = at_rate(entry, noise, rate)
    exact = escape.exact().log_rate
    for kind, score in scores(entry, escape, noise):
        found = runs(escape, score)
        head = [name, noise, f"{math.exp(exact):.1e}", kind]
        if not found:
            yield [*head, "refused", "", ""]
            continue
        ratios = np.exp([run.log_rate - exact for run in found])
        scatter = float(ratios.std(ddof=1))
        steps = statistics.median(
            run.path_steps * (run.relative_standard_error / RELATIVE_ERROR) ** 2 for run in found
        )
        mean = f"{ratios.mean():.3f} ± {scatter / math.sqrt(ratios.size):.3f}"
        yield [*head, mean, f"{scatter:.2f}", f"{steps:.2e}"]


def table(cases: Iterable[tuple[str, str, float]]) -> str:
    """Return the table of these cases; its rows are said as they come."""
    heads = ["landscape", "noise", "exact rate", "score", "mean of rate/exact"]
    heads += ["scatter of a run", "path-steps to 20 %"]
    found = []
    for row in (row for case in cases for row in rows(*case)):
        found.append(row)
        sys.stderr.write(f"{' '.join(row)}\n")
    return markdown(heads, found)


def pilots() -> str:
    """Return how many pilot runs each score ends, and what ``−ln p`` the others see."""
    found = []
    for name, noise, rate in CASES[1:3]:
        entry = ls.from_catalogue(name)
        escape = at_rate(entry, noise, rate)
        for kind, score in scores(entry, escape, noise):
            depths = sorted(_depths(escape, score))
            seen = [f"{depth:.1f}" for depth in (depths[0], statistics.median(depths), depths[-1])]
            found.append([name, kind, f"{N_RUNS - len(depths)} of {N_RUNS}", *seen])
    heads = ["landscape", "score", "pilots refused", "least −ln p", "median", "largest"]
    return markdown(heads, found)


def _depths(escape: ls.Escape, score: Score) -> Iterator[float]:
    chain = ls.LeimkuhlerMatthews(escape.noise, _PILOT_STEP)
    for seed in range(N_RUNS):
        try:
            yield splitting_depth(
                escape.landscape,
                chain,
                escape.start,
                escape.target,
                score=score,
                max_path_steps=1e9,
                seed=seed,
            )
        except InputError:
            continue


if __name__ == "__main__":
    if sys.argv[1:] == ["pilots"]:
        sys.stdout.write(pilots())
    else:
        named = (case for case in CASES if case[0] in sys.argv[1:] or not sys.argv[1:])
        sys.stdout.write(table(named))
