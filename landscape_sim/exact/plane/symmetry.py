"""Landscapes that are the same all around a line: a problem on a half-plane.

Let ``L`` depend on ``x`` only through the place ``z`` along an axis and the distance ``r`` from
it, and let ``M = M_∥ e eᵀ + M_⊥ (1 − e eᵀ)`` with the direction ``e`` of the axis. Then the law of
``dx = −∇L dt + sqrt(2 s M) dW`` is that of the process turned about the axis, and ``(z, r)`` is a
diffusion by itself, with the generator

``s (M_∥ ∂_z² + M_⊥ (∂_r² + (n − 2)/r ∂_r)) − ∂_z L ∂_z − ∂_r L ∂_r``.

Isotropic noise is of this form, and noise aligned with a Hessian ``H*`` on the axis is too: turned
about the axis ``H*`` is the same, so that ``e`` is an eigenvector of it, and all directions across
have one eigenvalue. The loss is looked at: nothing is taken for granted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.exact.plane.frame import Array, Frame
from landscape_sim.landscapes.contract import Position
from landscape_sim.landscapes.targets import Target
from landscape_sim.validation import InputError

#: Differences of ``U`` in units of the noise, and relative to ``U``, that are no asymmetry: a
#: time changes by no more than the exponential of four times the first.
_OF_NOISE, _ROUNDING = 1e-6, 1e-13
#: Directions in which every node is looked at: the more dimensions, the more room for a trap.
_DIRECTIONS = 16


class AsymmetryError(InputError):
    """A passage that has no axis of symmetry."""


def require_axial(
    frame: Frame, targets: tuple[Target, ...], nodes: tuple[Array, ...], mask: NDArray[np.bool_]
) -> None:
    """Refuse what is not symmetric about the axis, seen at every node in directions of its own.

    Parameters
    ----------
    frame : Frame
        With an axis of symmetry.
    targets : tuple of Target
        Where the passage ends.
    nodes : pair of ndarray
        Both coordinates of the nodes.
    mask : ndarray of bool
        Which nodes are looked at.

    Raises
    ------
    AsymmetryError
        If potential, modulation or a target differ from those at the same node elsewhere.
    """
    along, radius = (z[mask] for z in nodes)
    here = frame.position(along, radius)
    rng = np.random.default_rng(0)
    for _ in range(_DIRECTIONS):
        _require_same(frame, targets, here, _elsewhere(frame, along, radius, rng))


def _elsewhere(
    frame: Frame, along: Array, radius: Array, rng: np.random.Generator
) -> tuple[Array, ...]:
    """Return places at the same nodes, in other directions across the axis."""
    axis = frame.axes[:, 0]
    directions = rng.standard_normal((len(axis), radius.size))
    directions -= np.outer(axis, axis @ directions)
    directions /= np.linalg.norm(directions, axis=0)
    return tuple(frame.origin[:, None] + np.outer(axis, along) + radius * directions)


def _require_same(
    frame: Frame, targets: tuple[Target, ...], here: tuple[Array, ...], there: tuple[Array, ...]
) -> None:
    loss, noise = frame.landscape, frame.noise

    def compare(what: str, function: Callable[[Any], Any], unit: float) -> None:
        with np.errstate(all="ignore"):
            one, other = (np.broadcast_to(function(x), here[0].shape) for x in (here, there))
            excess = np.abs(one - other) - _ROUNDING * np.abs(one)
        if not (excess <= _OF_NOISE * unit).all():
            worst = int(np.argmax(np.nan_to_num(excess, nan=np.inf)))
            raise _refusal(what, *(tuple(float(c[worst]) for c in x) for x in (here, there)))

    compare("loss", lambda x: noise.potential(loss, x), float(frame.strengths.min()))
    compare("noise", lambda x: np.log(noise.modulation(loss, x)), 1.0)
    for target in targets:
        compare("target", target.distance, frame.length)


def _refusal(what: str, here: Position, there: Position) -> AsymmetryError:
    one, other = (f"({', '.join(f'{c:.3g}' for c in place)})" for place in (here, there))
    return AsymmetryError(
        f"in {len(here)} dimensions an exact rate is known about an axis of symmetry; the {what} "
        f"has none through start and target: it is not the same at {one} and {other}; use the "
        "methods formula, simulate or splitting, or n_outliers to freeze directions"
    )
