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
_View = Callable[[Any], Any]
#: Directions in which every node is looked at, each shared with a node far away: the more
#: dimensions, the more room for a trap.
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
    looks = [(*look, _seen(look[1], here)) for look in _looks(frame, targets)]
    unit = _directions(frame, radius.size)
    shift = max(radius.size // _DIRECTIONS, 1)
    for k in range(_DIRECTIONS):
        turned = radius * np.roll(unit, k * shift, axis=1)
        there = tuple(frame.origin[:, None] + np.outer(frame.axes[:, 0], along) + turned)
        for what, function, largest, one in looks:
            with np.errstate(all="ignore"):
                excess = np.abs(one - _seen(function, there)) - _ROUNDING * np.abs(one)
            if not (excess <= largest).all():
                worst = int(np.argmax(np.nan_to_num(excess, nan=np.inf)))
                raise _refusal(what, *(tuple(float(c[worst]) for c in x) for x in (here, there)))


def _looks(frame: Frame, targets: tuple[Target, ...]) -> list[tuple[str, _View, float]]:
    """Return what must be the same all around, and the largest difference that is no other."""
    loss, noise = frame.landscape, frame.noise
    return [
        ("loss", lambda x: noise.potential(loss, x), _OF_NOISE * float(frame.strengths.min())),
        ("noise", lambda x: np.log(noise.modulation(loss, x)), _OF_NOISE),
        *(("target", target.distance, _OF_NOISE * frame.length) for target in targets),
    ]


def _seen(function: _View, x: tuple[Array, ...]) -> Array:
    with np.errstate(all="ignore"):
        return np.broadcast_to(function(x), x[0].shape)


def _directions(frame: Frame, n_nodes: int) -> Array:
    """Return directions across the axis, one a column."""
    axis = frame.axes[:, 0]
    directions = np.random.default_rng(0).standard_normal((len(axis), n_nodes))
    directions -= np.outer(axis, axis @ directions)
    return np.asarray(directions / np.linalg.norm(directions, axis=0))


def _refusal(what: str, here: Position, there: Position) -> AsymmetryError:
    one, other = (f"({', '.join(f'{c:.3g}' for c in place)})" for place in (here, there))
    return AsymmetryError(
        f"in {len(here)} dimensions an exact rate is known about an axis of symmetry; the {what} "
        f"has none through start and target: it is not the same at {one} and {other}; use the "
        "methods formula, simulate or splitting, or n_outliers to freeze directions"
    )
