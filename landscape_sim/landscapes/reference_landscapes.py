"""A catalogue of landscapes whose minima and saddles are known independently of any search.

Every loss is positive and grows without bound, so ``L^−(1 + 1/T)`` can be normalised. The
ratios ``L^s/L*`` lie between 2 and 5: escapes are rare, and still within reach of a simulation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from landscape_sim.landscapes.contract import Position
from landscape_sim.landscapes.formula import Landscape
from landscape_sim.validation import InputError


@dataclass(frozen=True)
class KnownPoint:
    """A critical point and the loss there."""

    position: Position
    loss: float


@dataclass(frozen=True)
class CatalogueEntry:
    """A landscape with its known answers.

    Attributes
    ----------
    name : str
        By which :func:`from_catalogue` finds it.
    summary : str
        What it puts to the test.
    formula, variables, domain
        The arguments of :meth:`landscape_sim.landscapes.Landscape.from_expression`.
    minima : tuple of KnownPoint
        All of them.
    saddles : tuple of KnownPoint
        Those that connect two minima.
    origin : str
        Where the known answers come from.
    start, target : tuple of float
        The minima between which an escape is meant to lead; no target without a saddle.
    target_radius : float
        Of the ball around the target, in more than one dimension.
    """

    name: str
    summary: str
    formula: str
    variables: str
    domain: tuple[tuple[float, float], ...]
    minima: tuple[KnownPoint, ...]
    saddles: tuple[KnownPoint, ...]
    origin: str
    start: Position
    target: Position | None
    target_radius: float = 0.25

    @property
    def landscape(self) -> Landscape:
        """The landscape itself."""
        return Landscape.from_expression(self.formula, self.variables, self.domain)


def catalogue() -> tuple[CatalogueEntry, ...]:
    """Return every entry, in one dimension first.

    Examples
    --------
    >>> [entry.name for entry in catalogue()][:4]
    ['quartic', 'tilted-quartic', 'asymmetric-quartic', 'triple-well']
    """
    return _ENTRIES


def from_catalogue(name: str) -> CatalogueEntry:
    """Return the entry called ``name``.

    Raises
    ------
    InputError
        If there is none.

    Examples
    --------
    >>> entry = from_catalogue("curved-valley")
    >>> print(entry.landscape)
    0.1 + 0.25*(x**2 - 1)**2 + 2*(y - x**2)**2
    >>> entry.saddles
    (KnownPoint(position=(0.0, 0.0), loss=0.35),)
    """
    for entry in _ENTRIES:
        if entry.name == name:
            return entry
    names = ", ".join(entry.name for entry in _ENTRIES)
    raise InputError(f"no landscape is called {name!r}; choose one of {names}")


def _separable(name: str, summary: str, across: str, variables: str) -> CatalogueEntry:
    """Return a double well along ``x`` with parabolas ``across``."""
    n = len(variables.split(","))
    rest = (0.0,) * (n - 1)
    ends = KnownPoint((-1.0, *rest), 0.1), KnownPoint((1.0, *rest), 0.1)
    return CatalogueEntry(
        name,
        summary,
        formula=f"0.1 + 0.25*(x**2 - 1)**2 + {across}",
        variables=variables,
        domain=((-2.0, 2.0),) * n,
        minima=ends,
        saddles=(KnownPoint((0.0, *rest), 0.35),),
        origin="by inspection",
        start=ends[0].position,
        target=ends[1].position,
    )


def _tilted() -> CatalogueEntry:
    """``L' = 0`` is ``4 x³ − 4 x + s = 0``; with ``x = (2/√3) cos θ``, ``cos 3θ = −(3√3/8) s``."""
    tilt = 0.3
    third = math.acos(-3.0 * math.sqrt(3.0) * tilt / 8.0) / 3.0
    angles = (third + 2.0 * math.pi / 3.0, third - 2.0 * math.pi / 3.0, third)
    roots = [2.0 / math.sqrt(3.0) * math.cos(angle) for angle in angles]
    left, saddle, right = (
        KnownPoint((x,), 0.2 + 0.25 * ((x**2 - 1.0) ** 2 + tilt * x)) for x in roots
    )
    return CatalogueEntry(
        "tilted-quartic",
        "Two wells of unequal depth, left from the deeper one.",
        formula=f"0.2 + 0.25*((x**2 - 1)**2 + {tilt}*x)",
        variables="x",
        domain=((-2.0, 2.0),),
        minima=(left, right),
        saddles=(saddle,),
        origin="the cubic L' = 0, solved with cosines",
        start=left.position,
        target=right.position,
    )


def _bent_channel() -> CatalogueEntry:
    """``∂L/∂x = 0`` on the circle, where ``∂L/∂y = 0`` is ``2 y = 0.6``, and on the line ``x = 0``.

    There it is ``4 y³ − 3 y = 0.3``: with ``y = cos θ``, ``cos 3θ = 0.3``.
    """
    third = math.acos(0.3) / 3.0
    upper, lower = (
        KnownPoint((0.0, y), 0.29 + 2.0 * (y**2 - 1.0) ** 2 + y**2 - 0.6 * y)
        for y in (math.cos(third), math.cos(third + 2.0 * math.pi / 3.0))
    )
    across = math.sqrt(1.0 - 0.3**2)
    left, right = KnownPoint((-across, 0.3), 0.2), KnownPoint((across, 0.3), 0.2)
    return CatalogueEntry(
        "bent-channel",
        "A valley along a circle: the eigenvectors turn by 70 degrees between minimum and saddle.",
        formula="0.29 + 2*(x**2 + y**2 - 1)**2 + y**2 - 0.6*y",
        variables="x,y",
        domain=((-1.6, 1.6), (-1.6, 1.6)),
        minima=(left, right),
        saddles=(upper, lower),
        origin="a line and a cubic, solved with cosines",
        start=left.position,
        target=right.position,
    )


_MUELLER_BROWN = CatalogueEntry(
    "mueller-brown",
    "The surface of chemistry's benchmarks: three wells, a valley that bends, no symmetry at all.",
    # 1.9 plus a hundredth of the surface of Müller and Brown, Theor. Chim. Acta 53 (1979) 75.
    # Its fourth term grows in every direction, so nothing has to be added to confine it.
    formula="1.9 - 2*exp(-(x - 1)**2 - 10*y**2) - exp(-x**2 - 10*(y - 0.5)**2)"
    " - 1.7*exp(-6.5*(x + 0.5)**2 + 11*(x + 0.5)*(y - 1.5) - 6.5*(y - 1.5)**2)"
    " + 0.15*exp(0.7*(x + 1)**2 + 0.6*(x + 1)*(y - 1) + 0.7*(y - 1)**2)",
    variables="x,y",
    domain=((-1.7, 1.3), (-0.5, 2.1)),
    minima=(
        KnownPoint((-0.55822363463302428, 1.4417258418046687), 0.43300482790045986),
        KnownPoint((-0.050010822998206058, 0.46669410487197209), 1.0923218187034097),
        KnownPoint((0.62349940493087651, 0.028037758528685666), 0.81833275883147645),
    ),
    saddles=(
        KnownPoint((-0.8220015587327321, 0.62431280281487136), 1.493351564913426),
        KnownPoint((0.21248658200066201, 0.29298832510736777), 1.1775105988767479),
    ),
    origin="Newton's method with 40 digits, from the values in the literature",
    start=(-0.55822363463302428, 1.4417258418046687),
    target=(-0.050010822998206058, 0.46669410487197209),
)

_ENTRIES = (
    CatalogueEntry(
        "quartic",
        "The symmetric double well in one dimension: the plainest escape.",
        formula="0.1 + 0.25*(x**2 - 1)**2",
        variables="x",
        domain=((-2.0, 2.0),),
        minima=(KnownPoint((-1.0,), 0.1), KnownPoint((1.0,), 0.1)),
        saddles=(KnownPoint((0.0,), 0.35),),
        origin="by inspection",
        start=(-1.0,),
        target=(1.0,),
    ),
    _tilted(),
    CatalogueEntry(
        "asymmetric-quartic",
        "Curvatures 2.4 and 1.6 in the two wells, and a saddle off the middle.",
        # L' = (x + 1)(x − 1/5)(x − 1).
        formula="0.5 + x**4/4 - x**3/15 - x**2/2 + x/5",
        variables="x",
        domain=((-2.0, 2.0),),
        minima=(KnownPoint((-1.0,), 7.0 / 60.0), KnownPoint((1.0,), 23.0 / 60.0)),
        saddles=(KnownPoint((0.2,), 0.5 + 149.0 / 7500.0),),
        origin="integrated from chosen roots",
        start=(-1.0,),
        target=(1.0,),
    ),
    CatalogueEntry(
        "triple-well",
        "Three equally deep wells: the escape from an outer one ends in the flatter middle one.",
        formula="0.1 + 1.6875*x**2*(x**2 - 1)**2",
        variables="x",
        domain=((-2.0, 2.0),),
        minima=tuple(KnownPoint((x,), 0.1) for x in (-1.0, 0.0, 1.0)),
        saddles=tuple(
            KnownPoint((x,), 0.35) for x in (-math.sqrt(1.0 / 3.0), math.sqrt(1.0 / 3.0))
        ),
        origin="by inspection: saddles at x² = 1/3, where 1.6875 x² (x² − 1)² = 1/4",
        start=(-1.0,),
        target=(0.0,),
    ),
    _separable("separable-2d", "As stiff across the escape as along it.", "y**2", "x,y"),
    _separable("stiff-2d", "Ten times as stiff across the escape as along it.", "10*y**2", "x,y"),
    _separable("soft-2d", "A twentieth as stiff across as along the escape.", "0.05*y**2", "x,y"),
    CatalogueEntry(
        "curved-valley",
        "Minima joined by a valley along a parabola: the straight line between them is no way.",
        formula="0.1 + 0.25*(x**2 - 1)**2 + 2*(y - x**2)**2",
        variables="x,y",
        domain=((-2.0, 2.0), (-1.0, 3.0)),
        minima=(KnownPoint((-1.0, 1.0), 0.1), KnownPoint((1.0, 1.0), 0.1)),
        saddles=(KnownPoint((0.0, 0.0), 0.35),),
        origin="by inspection: the separable well in the coordinates x and y − x²",
        start=(-1.0, 1.0),
        target=(1.0, 1.0),
    ),
    _bent_channel(),
    _MUELLER_BROWN,
    _separable(
        "separable-4d",
        "Four dimensions, each as stiff as the escape: the exponent falls by 3/2.",
        "y**2 + z**2 + w**2",
        "x,y,z,w",
    ),
    CatalogueEntry(
        "bowl-2d",
        "A parabola in the plane with h* = 1: no escape, but a stationary law in closed form.",
        formula="0.5 + 0.5*x**2 + 0.5*y**2",
        variables="x,y",
        domain=((-3.0, 3.0), (-3.0, 3.0)),
        minima=(KnownPoint((0.0, 0.0), 0.5),),
        saddles=(),
        origin="by inspection",
        start=(0.0, 0.0),
        target=None,
    ),
)
