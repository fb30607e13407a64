"""The momentum of an instanton in one dimension: the root ``p(θ) ≠ 0`` of ``H(θ, p) = 0``."""

from __future__ import annotations

import numpy as np

from landscape_sim.large_deviations.contract import Array, Hamiltonian
from landscape_sim.validation import InputError

#: Doublings of the first guess before the root is given up.
_MOST_DOUBLINGS = 60
_MOST_STEPS = 100
#: A root stands when Newton's step is this small, over the root; the next would be its square.
_TOLERANCE = 1e-8
#: Close to a critical point rounding moves the root by so much, over the largest root.
_ROUNDING = 1e-13


def line_momentum(hamiltonian: Hamiltonian, position: Array) -> Array:
    """Return the root of ``H(θ, p) = 0`` other than zero, at every position.

    ``H`` is convex in ``p`` and zero at ``p = 0``, so that ``H/p`` rises with ``p`` and has one
    root: of the sign of ``L'``, uphill. It is bracketed by doubling and found by Newton's method,
    which bisects where a step would leave the bracket.

    Parameters
    ----------
    hamiltonian : Hamiltonian
        In one dimension.
    position : ndarray, shape (m,)
        None of them a critical point, where the root is zero.

    Raises
    ------
    InputError
        If there is no root: no kick leads uphill.

    Examples
    --------
    >>> from landscape_sim.dynamics import ConstantNoise
    >>> from landscape_sim.landscapes import QuarticDoubleWell
    >>> from landscape_sim.large_deviations.diffusion import DiffusionHamiltonian
    >>> well = QuarticDoubleWell(floor=0.25, barrier=1.0)  # p = L'/D
    >>> hamiltonian = DiffusionHamiltonian.of_noise(well, ConstantNoise(0.5))
    >>> x = np.array([-0.5])
    >>> round(float(line_momentum(hamiltonian, x)[0] / well.gradient((-0.5,))[0]), 9)
    2.0
    """
    x = np.asarray(position, dtype=float)[:, None]
    _, drift, spread, *_ = hamiltonian.along_momentum(x, np.zeros_like(x), 2)
    sign = -np.sign(drift)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = 2.0 * np.abs(drift) / spread
    if not (np.isfinite(size) & (size > 0.0)).all():
        raise _no_way(float(x[~(np.isfinite(size) & (size > 0.0)), 0][0]))
    low, high = _bracket(hamiltonian, x, sign, size)
    return np.asarray(sign * _newton(hamiltonian, x, sign, low, high))


def _newton(hamiltonian: Hamiltonian, x: Array, sign: Array, low: Array, high: Array) -> Array:
    """Return the sizes of the roots within their brackets."""
    size, floor = high.copy(), _ROUNDING * high.max()
    open_ = np.arange(len(x))
    for _ in range(_MOST_STEPS):
        here = size[open_]
        value, slope = hamiltonian.along_momentum(x[open_], (sign * size)[open_, None], 1)
        chord = value / here
        is_below = chord < 0.0
        low[open_] = np.where(is_below, here, low[open_])
        high[open_] = np.where(is_below, high[open_], here)
        step = chord * here / (sign[open_] * slope - chord)
        tried = here - step
        is_done = np.abs(step) <= _TOLERANCE * here + floor
        is_inside = (tried > low[open_]) & (tried < high[open_])
        middle = 0.5 * (low[open_] + high[open_])
        size[open_] = np.where(is_inside | is_done, tried, middle)
        open_ = open_[~is_done]
        if open_.size == 0:
            return size
    raise InputError(
        f"the momentum of the instanton did not converge at {float(x[open_, 0][0]):g}; the noise "
        "varies too fast there"
    )


def _bracket(hamiltonian: Hamiltonian, x: Array, sign: Array, size: Array) -> tuple[Array, Array]:
    """Return sizes of the momentum below and above the root."""
    low, high = np.zeros_like(size), size.copy()
    for _ in range(_MOST_DOUBLINGS):
        value = hamiltonian.along_momentum(x, (sign * high)[:, None], 0)[0]
        is_below = ~(value > 0.0)
        if not is_below.any():
            return low, high
        low, high = np.where(is_below, high, low), np.where(is_below, 2.0 * high, high)
    raise _no_way(float(x[is_below, 0][0]))


def _no_way(position: float) -> InputError:
    return InputError(
        f"no kick leads uphill at {position:.6g}: the process cannot climb there, and the rate is "
        "zero; add label noise or choose another saddle"
    )
