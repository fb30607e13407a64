"""Schemes by name, those of the package and your own.

A scheme of your own is a NamedTuple of a noise model and a step with the methods of
:class:`Dynamics`, a ``name`` on its class and a way to make it for a step in ``t``.
"""

from __future__ import annotations

from typing import Protocol

from landscape_sim.dynamics.contract import Dynamics
from landscape_sim.dynamics.direct import EulerMaruyama, Milstein
from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.dynamics.time_changed import LeimkuhlerMatthews, TimeChangedEuler
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.registry import Registry


class SchemeFamily(Protocol):
    """The class of a scheme that has a name."""

    name: str

    def with_step_at(
        self, noise: NoiseModel, landscape: LandscapeLike, x: Position, time_step: float
    ) -> Dynamics:
        """Return the scheme of which one step at ``x`` lasts ``time_step``, in units of ``t``."""


_SCHEMES = Registry[SchemeFamily]("scheme")


def register_scheme(family: SchemeFamily) -> None:
    """Make the scheme known under its ``name``.

    Raises
    ------
    InputError
        If another scheme has this name.
    """
    _SCHEMES.register(family.name, family)


def scheme_family(name: str) -> SchemeFamily:
    """Return the class of the scheme called ``name``.

    Raises
    ------
    InputError
        If there is no scheme of this name.

    Examples
    --------
    >>> scheme_family("milstein").__name__
    'Milstein'
    """
    return _SCHEMES.find(name)


def scheme_names() -> tuple[str, ...]:
    """Return the names of all schemes.

    >>> scheme_names()[:4]
    ('euler-maruyama', 'milstein', 'time-changed-euler', 'leimkuhler-matthews')
    """
    return _SCHEMES.names()


register_scheme(EulerMaruyama)
register_scheme(Milstein)
register_scheme(TimeChangedEuler)
register_scheme(LeimkuhlerMatthews)
