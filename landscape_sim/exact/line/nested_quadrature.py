"""Nested integral of two densities that span thousands of orders of magnitude.

``∫_0^l s(y) ∫_{-∞}^y m(z) dz dy`` is computed in one pass over panels that carry Chebyshev
points: the inner integral is accumulated from panel to panel, and inside a panel by the
spectral integration matrix (Trefethen, *Spectral Methods in MATLAB*, ch. 12). Panels are
halved until both densities are resolved wherever they matter to the result.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from landscape_sim.exact.line.diffusion import Array
from landscape_sim.exact.line.tail import Tail
from landscape_sim.validation import InputError

_ORDER = 16
_NODES = 0.5 - 0.5 * np.cos(np.pi * np.arange(_ORDER + 1) / _ORDER)
_TO_COEFFICIENTS = np.linalg.inv(chebyshev.chebvander(2 * _NODES - 1, _ORDER))
_CUMULATE = 0.5 * (
    chebyshev.chebvander(2 * _NODES - 1, _ORDER + 1)
    @ chebyshev.chebint(_TO_COEFFICIENTS, lbnd=-1, axis=0)
)
_WEIGHTS = _CUMULATE[-1]

_RESOLVED = 1e-9  # last Chebyshev coefficients; the final halving divides them by about 2^16
_NEGLIGIBLE = 40.0  # e-folds below the largest share; e^-40 times 4096 panels is 2e-14
_INITIAL_PANELS = 16
_MAX_PANELS = 4096
_MAX_LEVELS = 64


class Process(Protocol):
    """What the quadrature asks of a diffusion, as functions of the displacement ``ξ``."""

    def log_densities(self, displacement: Array, /) -> tuple[Array, Array]:
        """Return ``(log s, log m)``."""

    def slope(self, displacement: Array, /) -> Array:
        """Return an array whose sign changes where a density may have a narrow peak."""


@dataclass(frozen=True)
class _Panels:
    """Both densities at the Chebyshev points of adjacent panels ``[lower, upper]`` in ``u``.

    Each row of ``inner`` and ``outer`` is scaled to a maximum of one; ``log_inner`` and
    ``log_outer`` are the logarithms of the scales, panel length included. The outer integral
    does not extend over the tail: ``log_outer = -inf`` there.
    """

    lower: Array
    upper: Array
    inner: Array
    outer: Array
    log_inner: Array
    log_outer: Array
    log_inner_mass: Array
    log_outer_mass: Array
    is_resolved: NDArray[np.bool_]
    is_monotone: NDArray[np.bool_]

    def replace(self, chosen: NDArray[np.bool_], by: _Panels) -> _Panels:
        """Return the panels with the chosen ones replaced by others that cover the same range."""
        order = np.argsort(np.append(self.lower[~chosen], by.lower))
        fields = zip(vars(self).values(), vars(by).values(), strict=True)
        return _Panels(*(np.concatenate([old[~chosen], new])[order] for old, new in fields))


def _sample(diffusion: Process, length: float, lower: Array, upper: Array) -> _Panels:
    """Evaluate both densities on panels in ``u``: ``ξ = u`` if ``u > 0``, else ``l sinh u``."""
    width = upper - lower
    u = lower[:, None] + width[:, None] * _NODES
    in_tail = upper <= 0
    displacement = u.copy()
    displacement[in_tail] = length * np.sinh(u[in_tail])
    log_scale, log_speed = diffusion.log_densities(displacement)
    log_speed[in_tail] += np.log(length * np.cosh(u[in_tail]))
    peak_scale, peak_speed = log_scale.max(axis=1), log_speed.max(axis=1)
    inner = np.exp(log_speed - peak_speed[:, None])
    outer = np.exp(log_scale - peak_scale[:, None])
    log_inner = peak_speed + np.log(width)
    log_outer = np.where(in_tail, -np.inf, peak_scale + np.log(width))
    last = np.abs(np.hstack([f @ _TO_COEFFICIENTS[-2:].T for f in (inner, outer)]))
    slope = diffusion.slope(displacement)
    return _Panels(
        lower=lower,
        upper=upper,
        inner=inner,
        outer=outer,
        log_inner=log_inner,
        log_outer=log_outer,
        log_inner_mass=log_inner + np.log(inner @ _WEIGHTS),
        log_outer_mass=log_outer + np.log(outer @ _WEIGHTS),
        is_resolved=last.max(axis=1) < _RESOLVED,
        is_monotone=(slope.min(axis=1) >= 0) | (slope.max(axis=1) <= 0),
    )


def _halve(
    panels: _Panels, chosen: NDArray[np.bool_], diffusion: Process, length: float
) -> _Panels:
    lower, upper = panels.lower[chosen], panels.upper[chosen]
    middle = 0.5 * (lower + upper)
    halves = _sample(diffusion, length, np.append(lower, middle), np.append(middle, upper))
    return panels.replace(chosen, halves)


def _is_unresolved(panels: _Panels, log_remainder: float) -> NDArray[np.bool_]:
    """Return which panels are unresolved and may matter to the nested integral.

    A panel matters through its inner mass times all outer mass beyond it, or its outer mass
    times all inner mass up to it. These products bound its share if the sampled peak is the
    true one; hence a panel with a stationary point of the loss inside always matters.
    """
    inner, outer = panels.log_inner_mass, panels.log_outer_mass
    up_to = np.logaddexp.accumulate(np.append(log_remainder, inner))[1:]
    beyond = np.logaddexp.accumulate(outer[::-1])[::-1]
    share = np.maximum(inner + beyond, outer + up_to)
    matters: NDArray[np.bool_] = share > share.max() - _NEGLIGIBLE
    return (matters | ~panels.is_monotone) & ~panels.is_resolved


def _log_integral(panels: _Panels, log_remainder: float) -> float:
    before = np.logaddexp.accumulate(np.append(log_remainder, panels.log_inner_mass))[:-1]
    # The interpolant of an unresolved, hence negligible, panel may ring below zero.
    partial = np.maximum(panels.inner @ _CUMULATE.T, np.finfo(np.float64).tiny)
    log_inner = np.logaddexp(before[:, None], panels.log_inner[:, None] + np.log(partial))
    peak = log_inner[:, -1]
    outer = (panels.outer * np.exp(log_inner - peak[:, None])) @ _WEIGHTS
    # A negligible panel may underflow to zero altogether.
    return float(np.logaddexp.reduce(panels.log_outer + peak + np.log(outer)))


# What is lost to under- and overflow shows in the error.
@np.errstate(all="ignore")
def log_nested_integral(
    diffusion: Process, length: float, tail: Tail, tolerance: float
) -> tuple[float, float]:
    """Return ``log ∫_0^l s(y) ∫_{-∞}^y m(z) dz dy`` and the relative error of the integral.

    Parameters
    ----------
    diffusion : Process
        Gives ``log s`` and ``log m`` as functions of the displacement.
    length : float
        Upper limit ``l > 0`` of the outer integral.
    tail : Tail
        Range and remainder of the inner integral on the far side.
    tolerance : float
        Largest relative error that is accepted.

    Returns
    -------
    log_integral, relative_error : float
        The error is the change under a last halving of every panel, plus the error of the
        tail and the rounding of the largest exponent.

    Raises
    ------
    InputError
        If the error exceeds the tolerance, or a density cannot be resolved.
    """
    behind = np.maximum(np.arange(-math.ceil(tail.reach), 0.0), -tail.reach)
    edges = np.append(behind, np.linspace(0.0, length, _INITIAL_PANELS + 1))
    panels = _sample(diffusion, length, edges[:-1], edges[1:])
    for _ in range(_MAX_LEVELS):
        unresolved = _is_unresolved(panels, tail.log_remainder)
        if not unresolved.any() or panels.lower.size > _MAX_PANELS:
            break
        panels = _halve(panels, unresolved, diffusion, length)
    coarse = _log_integral(panels, tail.log_remainder)
    panels = _halve(panels, np.full(panels.lower.size, True), diffusion, length)
    fine = _log_integral(panels, tail.log_remainder)
    rounding = np.finfo(np.float64).eps * np.abs(panels.log_outer[panels.upper > 0]).max()
    relative_error = float(abs(np.expm1(coarse - fine)) + tail.relative_error + rounding)
    if unresolved.any():
        raise InputError(
            f"{panels.lower.size} intervals do not resolve the loss wherever it may matter to the "
            "mean passage time: it varies too sharply, or goes on to oscillate far away; give the "
            "domain where it is defined, or smooth it"
        )
    if not relative_error <= tolerance:
        raise InputError(
            f"the mean passage time is known only to a relative error of {relative_error:.1e}, "
            f"not {tolerance:.0e}: the loss varies too sharply for such weak noise; raise the "
            "temperature or diffusion, or smooth the landscape"
        )
    return fine, relative_error
