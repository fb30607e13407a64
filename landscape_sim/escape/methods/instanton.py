"""The rate by the large-deviation law of the noise that there is: instantons and prefactors."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

from landscape_sim.escape.jumps import Jump, JumpProcess, direct_jumps, jump_process
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.landscapes import coordinates
from landscape_sim.large_deviations.contract import Hamiltonian
from landscape_sim.large_deviations.diffusion import DiffusionHamiltonian
from landscape_sim.large_deviations.instanton import Instanton, NoInstanton, find_instantons
from landscape_sim.large_deviations.line_law import LineLaw, line_law
from landscape_sim.results import Rate
from landscape_sim.validation import InputError

Way = Instanton | LineLaw
#: Passes between wells off the direct way that are asked about, the lowest ones.
_MOST_PASSES = 8
#: The lowest exponent of the passage, and the closest that paths over one saddle may be, in
#: deviations of the paths beside them, without a word.
_LOWEST_EXPONENT, _CLOSEST = 3.0, 4.0
#: A path is bent if it leaves the straight line by so much of its length. There the law was off by
#: up to so many times ``ε/V``, and a word is said where that is more than the last number.
_BENT, _LEFT_BY_A_BENT_PATH, _WORTH_A_WORD = 0.05, 2.4, 0.2
#: Exponents are added up as rates at a noise weaker by so much: the largest barrier decides.
_WEAKER = 1e9


@dataclass(frozen=True, eq=False)
class InstantonDetail:
    """What an instanton's rate rests on.

    Attributes
    ----------
    ways : tuple of Instanton or LineLaw
        Every minimiser of the action, over every saddle that counts; those of the direct passes,
        or out of the start, come first.
    exponent : float
        ``V/ε`` of the passage: of several ways the least, of several wells the largest.
    n_saddles : int
        Over how many saddles the ways lead.
    n_wells : int
        How many wells they leave.
    """

    ways: tuple[Way, ...]
    exponent: float
    n_saddles: int
    n_wells: int


def instanton_rate(problem: EscapeProblem) -> Rate[InstantonDetail]:
    """Return the rate of weak noise, to leading order, for any noise model.

    One over the mean time in which jumps from well to well reach the target, over all passes that
    are known and all minimisers of the action over each; over the named saddle alone, if one was
    named. The detail has paths, actions and prefactors, the caveats what was left out.

    Raises
    ------
    InputError
        If there are walls; if of a direct pass, where no other is cheaper, only the exponent is
        known; if no way leads to the target; or as :func:`landscape_sim.find_instantons`.
    """
    problem.require_no_walls("the instanton")
    began = time.perf_counter()
    strength = problem.temperature / problem.outlier_curvature
    hamiltonian = DiffusionHamiltonian.of_noise(problem.landscape, problem.noise, strength)
    process, caveats = _process(problem)
    ways, more = _ways(hamiltonian, process)
    kept = [(jump, way) for jump, found in ways for way in found]
    counted = JumpProcess(process.wells, tuple(jump for jump, _ in kept))
    log_rate = counted.log_rate([way.log_rate for _, way in kept])
    exponents = [-way.action / strength * _WEAKER for _, way in kept]
    exponent = -counted.log_rate(exponents) / _WEAKER
    return Rate(
        method="instanton",
        log_rate=log_rate,
        rate=math.exp(log_rate),
        detail=InstantonDetail(
            ways=tuple(way for _, way in kept),
            exponent=exponent,
            n_saddles=len({jump.saddle.position for jump, _ in kept}),
            n_wells=len({jump.source for jump, _ in kept}),
        ),
        wall_seconds=time.perf_counter() - began,
        caveats=(*caveats, *more, *_next_order(exponent, ways)),
    )


def _next_order(exponent: float, ways: list[tuple[Jump, tuple[Way, ...]]]) -> Iterator[str]:
    """Yield why the next order of the law is not small.

    In several dimensions it is not known, and what is said was seen and not derived, against the
    grid. Paths that are close: separable wells of loss ratio 4, four to ten times as stiff across
    as along, where at three deviations the law is 0.4 to 0.86 of the rate; at four, a fortieth of
    either bundle, were it normal, lies beyond the middle. Bent paths: all single ones of the
    catalogue in the plane, with both noises, at ``V/ε`` of 6, 12 and 24.
    """
    bundles = [[way for way in some if isinstance(way, Instanton)] for _, some in ways]
    apart = min(
        (way.distance(one) for some in bundles for way, one in permutations(some, 2)),
        default=math.inf,
    )
    left = _LEFT_BY_A_BENT_PATH / exponent
    if exponent < _LOWEST_EXPONENT:
        yield (f"V/ε is {exponent:.3g}, and the law holds for many; compare with exact or simulate")
    if apart < _CLOSEST:
        yield (
            "the best paths go round on different sides and come no further from one another than "
            f"{apart:.2g} deviations of the paths beside them: the law can be three times too "
            "low; use exact or splitting"
        )
    elif left > _WORTH_A_WORD and any(way.bend > _BENT for some in bundles for way in some):
        yield (
            f"the best path is bent: on such paths the law was off by up to "
            f"{_LEFT_BY_A_BENT_PATH:g} ε/V, here {left:.0%}; compare with exact or splitting"
        )


def _process(problem: EscapeProblem) -> tuple[JumpProcess, list[str]]:
    """Return the jumps to ask about, and what is left out."""
    if problem.saddle is not None:
        return direct_jumps(problem), []
    process = jump_process(problem)
    if not process.jumps:
        problem.routes  # noqa: B018 (refuses: no way is known)
    on_the_way = {route.saddle.position for route in problem.legs}
    on_the_way |= {jump.saddle.position for jump in process.jumps if jump.sink == 1}
    others = {
        jump.saddle.position: jump.saddle.loss
        for jump in process.jumps
        if jump.saddle.position not in on_the_way
    }
    lowest = sorted(others, key=others.__getitem__)[:_MOST_PASSES]
    kept = tuple(jump for jump in process.jumps if jump.saddle.position in on_the_way | {*lowest})
    caveats = []
    if len(others) > len(lowest):
        caveats.append(
            f"of {len(others)} passes off the direct way the {len(lowest)} lowest count; use exact "
            "or simulate for all"
        )
    return JumpProcess(process.wells, kept), caveats


def _ways(
    hamiltonian: Hamiltonian, process: JumpProcess
) -> tuple[list[tuple[Jump, tuple[Way, ...]]], list[str]]:
    """Return the ways of every jump with their prefactors, and what is left out and why."""
    found: list[tuple[Jump, tuple[Way, ...]]] = []
    unknown = list[_Unknown]()
    for jump in process.jumps:
        try:
            ways = _ways_of(hamiltonian, jump)
        except NoInstanton as refusal:
            unknown.append(_Unknown(jump, str(refusal), refusal.action))
            continue
        known = tuple(way for way in ways if way.log_prefactor is not None)
        if known:
            found.append((jump, known))
        else:
            first = ways[0]
            reason = first.reason if isinstance(first, Instanton) else ""
            unknown.append(_Unknown(jump, reason, first.action))
    caveats = [_left_out(one, found, hamiltonian.noise_scale) for one in unknown]
    # A well that is entered and not left would hold every path.
    closed = {one.jump.saddle.position for one in unknown if one.jump.sink != 1}
    return [pair for pair in found if pair[0].saddle.position not in closed], caveats


class _Unknown(NamedTuple):
    """A jump without prefactor, why, and its action."""

    jump: Jump
    reason: str
    action: float


def _left_out(one: _Unknown, found: list[tuple[Jump, tuple[Way, ...]]], strength: float) -> str:
    """Return what to say of a jump that does not count.

    Raises
    ------
    InputError
        If it is a direct one, and no other between the same wells is known to be cheaper.
    """
    jump, exponent = one.jump, one.action / strength
    ends = jump.source, jump.sink
    rivals = [
        way.action for other, ways in found if ends == (other.source, other.sink) for way in ways
    ]
    least = min(rivals, default=math.inf) / strength
    if jump.sink == 1 and not least < exponent:
        known = f"; the exponent V/ε is {exponent:.6g}" if math.isfinite(exponent) else ""
        raise InputError(one.reason + known)
    more = f"; V/ε is {exponent:.6g} there, {least:.6g} elsewhere" if rivals else ""
    return (
        f"the pass over {coordinates(jump.saddle.position)} out of "
        f"{coordinates(jump.minimum.position)} is left out: {one.reason}{more}"
    )


def _ways_of(hamiltonian: Hamiltonian, jump: Jump) -> tuple[Way, ...]:
    start, saddle = jump.minimum.position, jump.saddle.position
    if len(start) == 1:
        return (line_law(hamiltonian, start[0], saddle[0]),)
    return find_instantons(hamiltonian, start, saddle, jump.climb)
