"""Which passages make up an escape, and the chain of each: one, or those between several wells.

A well beside the way in which paths stay far longer than the start's well takes to relax must
be visited for the mean first-passage time to be right, and no window of time is as long as
such visits. So the chain is stopped at the core of every such well, and what happens after is
another passage: the rates of all of them make up the rate into the target.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from landscape_sim.dynamics import Dynamics
from landscape_sim.dynamics.wrapped import WrappedScheme
from landscape_sim.ensembles.model import as_floats, check_model
from landscape_sim.landscapes import Ball, Images, LandscapeLike, Position, Target, check_passage
from landscape_sim.rare_events.chain import Chain
from landscape_sim.rare_events.core import Well, describe_well, own_time
from landscape_sim.rare_events.regions import Inside, union
from landscape_sim.rare_events.scores import Score, as_compiled, check_score
from landscape_sim.rare_events.several_ways import score_of_ways
from landscape_sim.rare_events.side_wells import TARGET, map_wells, mean_visit
from landscape_sim.validation import InputError, require_count

#: Slowest relaxation times before departures from the core count, and for how long they do.
_BURN_IN, _WINDOW = 5.0, 20.0
#: Relaxation times beyond which a visit is a passage of its own: what a path needs to forget
#: how it came in is a hundredth of its stay.
_LONG_VISIT = 100.0
#: Of its time in the well beyond, that a path must spend in a target for it to count as reached.
_LEAST_SHARE = 1e-3
MOST_EXCURSION_STEPS = 1_000_000


def chains_between_wells(
    landscape: LandscapeLike,
    dynamics: Dynamics,
    start: Position,
    target: Target,
    score: Score | None,
    max_excursion_steps: int,
    seed: int,
) -> Mapping[tuple[int, int], Chain]:
    """Return the chain of each passage, by the numbers of the wells it leaves and enters.

    Where no side well holds paths for long there is one chain, from well 0 into the target.
    """
    landscape, dynamics = as_floats(landscape), as_floats(dynamics)
    start, target = as_floats(start), as_floats(target)
    check_passage(landscape, start, target)
    check_model(landscape, dynamics, start)
    max_steps = require_count("max_excursion_steps", max_excursion_steps)
    if score is not None:
        check_score(score, start, target)
    _require_reachable(landscape, dynamics, target)
    wells = map_wells(landscape, start, target)
    if isinstance(dynamics, WrappedScheme):
        wells = wells.within_turn(dynamics.low, dynamics.high)
    found = [describe_well(landscape, dynamics.noise, minimum) for minimum in wells.minima]
    visits = _visits(landscape, dynamics, target, found, seed)
    states = [0, *(well for well, visit in visits.items() if math.isinf(visit))]
    longest = max((visit for visit in visits.values() if math.isfinite(visit)), default=0.0)
    chains = {}
    for begin, end, ways in wells.passages_between(states):
        goal = target if end == TARGET else found[end].core
        progress = score
        if progress is None or (begin, end) != (0, TARGET):
            centre = found[begin].core.centre
            progress = score_of_ways(landscape, dynamics.noise, centre, ways, goal)
        chain = _chain(landscape, dynamics, goal, found[begin], max_steps, progress, longest)
        others = [found[well].core for well in states if well not in (begin, end)]
        ends = [target] if end != TARGET else []
        chains[begin, end] = replace(
            chain,
            returns=union([chain.core, *others, *map(Inside, ends)]),
            restarts=union([*others, *ends, goal]),
        )
    return chains


def _require_reachable(landscape: Any, dynamics: Any, target: Target) -> None:
    """Refuse a ball that paths hardly ever enter although they dwell in the well around it.

    The squared distance from its minimum is a sum of squares of independent normal numbers, and
    nearly of the gamma law of its mean and variance (Satterthwaite).
    """
    from scipy.special import gammainc

    ball = target.ball if isinstance(target, Images) else target
    if not isinstance(ball, Ball):
        return
    try:
        core = describe_well(landscape, dynamics.noise, ball.centre).core
    except InputError:
        return  # not around a minimum
    variances = 1.0 / np.sum(np.square(core.whitening), axis=1)
    mean, shape = variances.sum(), variances.sum() ** 2 / np.square(variances).sum() / 2.0
    share = float(gammainc(shape, shape * ball.radius**2 / mean))
    if share < _LEAST_SHARE:
        raise InputError(
            f"the target's radius {ball.radius:g} is small beside the distance {mean**0.5:.3g} at "
            f"which paths dwell around its centre: they are inside {share:.1e} of the time, so the "
            f"rate would be that of a meeting and not of the escape; raise target_radius "
            "towards it, or freeze directions across (n_outliers)"
        )


def _visits(
    landscape: Any, dynamics: Any, target: Target, wells: Sequence[Well], seed: int
) -> dict[int, float]:
    """Return how long visits to each side well last, infinite where it is a state of its own.

    It is none where paths soon come back from it to the start's well or into the target; nor
    where they soon go on to another state, which is asked of the shallower wells first.
    """
    longest = _LONG_VISIT * wells[0].slowest

    def visit(well: int, others: Iterable[int]) -> float:
        ends = [target, *(wells[other].core for other in others)]
        return mean_visit(landscape, dynamics, wells[well].core.centre, ends, longest, seed)

    visits = {well: visit(well, [0]) for well in range(1, len(wells))}
    states = [well for well, time in visits.items() if math.isinf(time)]
    for well in sorted(states, key=lambda well: -float(landscape.loss(wells[well].core.centre))):
        if len(states) == 1:
            break
        visits[well] = visit(well, [0, *(state for state in states if state != well)])
        states = [state for state in states if math.isinf(visits[state])]
    return visits


def _chain(
    landscape: Any,
    dynamics: Any,
    target: Any,
    well: Well,
    max_steps: int,
    score: Score,
    longest_visit: float,
) -> Chain:
    """Return the chain of the passage from a well into a target, as if there were no other."""
    patience = max(1.0, longest_visit / well.slowest)
    time = own_time(landscape, dynamics, well.core.centre, well.slowest)
    relaxation = patience * time / dynamics.time_step
    return Chain(
        landscape=landscape,
        dynamics=dynamics,
        target=target,
        score=as_compiled(score),
        core=well.core,
        surface=well.surface,
        burn_in=math.ceil(_BURN_IN * relaxation),
        window=math.ceil(_WINDOW * relaxation),
        max_steps=max_steps,
        returns=well.core,
        restarts=target,
        patience=patience,
    )
