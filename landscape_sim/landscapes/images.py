"""Targets on axes that close on themselves: one that is met from both sides, by the short way."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

from landscape_sim.landscapes.contract import Position
from landscape_sim.landscapes.domain import Domain, Periodic, Walls, read_domain
from landscape_sim.landscapes.targets import Ball, HalfSpace, Outside, Target
from landscape_sim.validation import InputError
from landscape_sim.vectors import Vector, displace, scale, wrap


class Images(NamedTuple):
    """A ball and its images on closed axes: distances go to the nearest.

    Attributes
    ----------
    ball : Ball
        One of them, less than a turn ahead of the start along every closed axis.
    low, high : tuple of float
        Of one turn around its centre; equal along axes that do not close.
    """

    ball: Any
    low: Position
    high: Position

    @property
    def dimension(self) -> int:
        """Number of coordinates of a position."""
        return int(self.ball.dimension)

    def distance(self, x: Any) -> Any:
        """Return the distance from ``x`` to the nearest sphere: positive outside."""
        return self.ball.distance(wrap(x, self.low, self.high))

    def direction(self, x: Any) -> Vector:
        """Return the unit vector from ``x`` to the nearest centre."""
        unit: Vector = self.ball.direction(wrap(x, self.low, self.high))
        return unit

    def nearest(self, x: Any) -> Vector:
        """Return the centre that is nearest to ``x``."""
        ahead = displace(self.ball.centre, -1.0, x)
        half = scale(0.5, self.periods)
        return displace(x, 1.0, wrap(ahead, scale(-1.0, half), half))

    @property
    def periods(self) -> Position:
        """One turn of every axis; zero if it does not close."""
        return tuple(b - a for a, b in zip(self.low, self.high, strict=True))


def arc_short_of(place: float, start: float, turn: float) -> Outside:
    """Return the target of paths on a ring that end at a place: the outside of the arc between.

    Examples
    --------
    >>> arc_short_of(5.0, start=1.0, turn=6.0)
    Outside(centre=(2.0,), radius=3.0)
    """
    # Python's remainder has the sign of the turn.
    ahead = start + (place - start) % turn
    return Outside((ahead - 0.5 * turn,), 0.5 * turn)


def on_closed_axes(target: Target, start: Position, domain: Domain | None) -> Target:
    """Return a target with its images on the periodic axes of a domain.

    On a ring that is the outside of the arc that paths begin in.

    Raises
    ------
    InputError
        If it is none that has images, or it leaves no room beside it.
    """
    if not (isinstance(domain, Walls) and domain.closes) or isinstance(target, Images):
        return target
    domain = read_domain(domain, len(start))
    turns = [side.turn if isinstance(side, Periodic) else 0.0 for side in domain]
    if isinstance(target, Ball):
        # Python's remainder has the sign of the turn.
        ahead = tuple(
            x + (c - x) % turn if turn else c
            for c, x, turn in zip(target.centre, start, turns, strict=True)
        )
        if any(turn and not 2.0 * target.radius < turn for turn in turns):
            raise InputError(f"{target!r} is wider than a periodic axis; choose a smaller radius")
        if len(start) == 1:
            middle, half = ahead[0] - turns[0] / 2.0, turns[0] / 2.0
            return Outside((middle,), half - target.radius)
        low, high = (
            tuple(
                c + sign * turn / 2.0 if turn else 0.0 for c, turn in zip(ahead, turns, strict=True)
            )
            for sign in (-1.0, 1.0)
        )
        return Images(Ball(ahead, target.radius), low, high)
    if isinstance(target, Outside) and len(start) == 1 and 2.0 * target.radius <= turns[0]:
        return target
    if isinstance(target, HalfSpace) and not any(
        turn and component for turn, component in zip(turns, target.normal, strict=True)
    ):
        return target
    raise InputError(
        f"on an axis that closes on itself a target is a Ball, or the Outside of an arc, got "
        f"{target!r}; give one of these"
    )


def channels(target: Target, start: Position) -> tuple[Target, ...]:
    """Return the parts of a target that the ways from ``start`` lead to, each a target alone.

    Of images those on both sides along every closed axis, of the outside of an arc both ends.

    Examples
    --------
    >>> channels(Outside((0.0,), 1.0), (0.2,))
    (HalfSpace(offset=1.0, normal=(1.0,)), HalfSpace(offset=1.0, normal=(-1.0,)))
    """
    if isinstance(target, Outside) and target.dimension == 1:
        (middle,), radius = target
        return (
            HalfSpace(middle + radius, (1.0,)),
            HalfSpace(radius - middle, (-1.0,)),
        )
    if isinstance(target, Images):
        centres = product(
            *(
                (c, c - turn) if turn else (c,)
                for c, turn in zip(target.ball.centre, target.periods, strict=True)
            )
        )
        return tuple(Ball(centre, target.ball.radius) for centre in centres)
    return (target,)


def ways_into(
    target: Target, start: Position, ways: Sequence[Sequence[Position]]
) -> list[tuple[Sequence[Position], Target]]:
    """Return ways, each with that of the :func:`channels` of a target that it leads into.

    That is the nearest one to its end. Those where no way leads come last, with no points.
    """
    ends = channels(target, start)
    found: list[tuple[Sequence[Position], Target]] = []
    for way in ways:
        last = way[-1] if len(way) else start
        distances = [float(end.distance(last)) for end in ends]
        found.append((way, ends[distances.index(min(distances))]))
    known = [end for _, end in found]
    return [*found, *(((), end) for end in ends if end not in known)]


def one_turn(walls: Walls, start: Position, target: Target) -> tuple[Position, Position] | None:
    """Return where one turn of every closed axis begins and ends, as :func:`vectors.wrap` has it.

    Both ends are at the target where it has images, and opposite the start elsewhere. None where
    there is no need to: no axis closes, or all ways end at its only one's target.
    """
    if not walls.closes or (len(start) == 1 and isinstance(target, Outside)):
        return None
    turns = [side.turn if isinstance(side, Periodic) else 0.0 for side in walls]
    ends = target.ball.centre if isinstance(target, Images) else None
    high = tuple(
        0.0 if not turn else x + 0.5 * turn if ends is None else ends[axis]
        for axis, (x, turn) in enumerate(zip(start, turns, strict=True))
    )
    return tuple(b - turn for b, turn in zip(high, turns, strict=True)), high
