"""A landscape between walls: mirrored where they reflect, repeated where an axis closes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.landscapes.domain import Domain, Periodic, Walls
from landscape_sim.landscapes.names import read_variables
from landscape_sim.landscapes.reflected import Reflected
from landscape_sim.landscapes.wrapped import Wrapped, require_periodic
from landscape_sim.validation import InputError


def between(landscape: LandscapeLike, walls: Walls) -> LandscapeLike:
    """Return a landscape that is asked for the loss between the walls only.

    What is that already stays as it is.

    Parameters
    ----------
    landscape : LandscapeLike
        In as many dimensions.
    walls : Walls
        As :func:`landscape_sim.landscapes.read_domain` gives them.

    Raises
    ------
    InputError
        If it is not periodic along an axis that is to close on itself.
    """
    is_wrapped = isinstance(landscape, Wrapped) and (landscape.low, landscape.high) == walls.turns
    own = landscape.landscape if is_wrapped else landscape  # type: ignore[attr-defined]
    ends = walls.low, walls.high
    if walls.reflects and not (isinstance(own, Reflected) and (own.low, own.high) == ends):
        own = Reflected(own, *ends)
    if not walls.closes:
        return own
    for axis, side in enumerate(walls):
        if isinstance(side, Periodic) and not is_wrapped:
            require_periodic(own, axis, *side)
    return Wrapped(own, *walls.turns)


def read_walls(
    domain: Domain | None,
    variables: str | Sequence[str],
    *,
    reflecting: bool,
    periodic: str | Sequence[str] | None,
    dashes: str = "",
) -> Domain | None:
    """Return a formula's domain, with walls where they were asked for.

    Parameters
    ----------
    domain : tuple of pairs of float or None
        Of the formula.
    variables : str or sequence of str
        Its variables.
    reflecting : bool
        Whether paths are reflected at the ends.
    periodic : str or sequence of str, optional
        Variables whose axes close on themselves instead.
    dashes : str
        What stands before the names of these in a refusal.

    Raises
    ------
    InputError
        If there is no domain, a name is none of the variables, or ends are left over.

    Examples
    --------
    >>> read_walls([(0, 6), (-1, 1)], "x, y", reflecting=True, periodic="x")
    Walls((Periodic(low=0.0, high=6.0), (-1, 1)))
    """
    closed = read_variables(periodic) if periodic else ()
    if not (reflecting or closed):
        return domain
    if domain is None:
        asked = "reflecting" if reflecting else "periodic"
        raise InputError(f"{dashes}{asked} needs {dashes}domain: walls stand at its ends")
    names = read_variables(variables)
    for name in closed:
        if name not in names:
            raise InputError(
                f"{dashes}periodic names {name!r}, which is none of the variables "
                f"{', '.join(names)}; name one of them"
            )
    sides = [
        Periodic(*map(float, side)) if name in closed else side
        for name, side in zip(names, domain, strict=True)
    ]
    for name, side in zip(names, sides, strict=True):
        if not (reflecting or isinstance(side, Periodic)) and any(map(math.isfinite, side)):
            raise InputError(
                f"{dashes}periodic closes other axes than {name!r}, whose ends are left; let them "
                f"reflect ({dashes}reflecting), far up where nobody comes, or name it too"
            )
    return Walls(sides)
