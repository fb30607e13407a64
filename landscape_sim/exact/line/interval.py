r"""Mean exit times of one-dimensional diffusions from an interval, for any noise.

For ``dx = b(x) dt + sqrt(2 G(x)) dW`` with scale density ``s = exp(−∫ b/G)`` and speed density
``m = 1/(G s)``, the mean time to leave ``(a, c)`` from ``x`` is

.. math:: p \int_x^c (S_c - S_y)\, m \, dy + (1 - p) \int_a^x (S_y - S_a)\, m \, dy,
          \qquad p = \frac{S_x - S_a}{S_c - S_a}, \quad S_y = \int_a^y s .
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from landscape_sim.exact.line.diffusion import Array
from landscape_sim.exact.line.doubling import passage_time_by_doubling
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.validation import InputError

_TOLERANCE = 1e-6
_FEWEST, _MOST = 2**9, 2**17


def interval_exit_time(
    drift: Callable[[Array], Array],
    diffusivity: Callable[[Array], Array],
    start: float,
    low: float,
    high: float,
) -> PassageTime:
    """Return the mean time from ``start`` until ``dx = b dt + sqrt(2 G) dW`` leaves an interval.

    Parameters
    ----------
    drift, diffusivity : callable
        ``b`` and ``G``, of an array of positions; ``G`` is positive.
    start, low, high : float
        Positions, in the order ``low < start < high``.

    Returns
    -------
    PassageTime
        To a relative error of 1e-6 or better.

    Raises
    ------
    InputError
        If the positions are not in order, ``G`` is not positive and finite, or the accuracy is
        not reached.

    References
    ----------
    Gardiner, *Handbook of Stochastic Methods* (3rd ed.), section 5.2.7.

    Examples
    --------
    Free diffusion leaves ``(−1, 1)`` after ``1/(2 G)``:

    >>> interval_exit_time(np.zeros_like, lambda x: 0.5 + 0 * x, 0.0, -1.0, 1.0).mean_time
    1.0
    """
    if not low < start < high or not math.isfinite(high - low):
        raise InputError(
            f"start must lie between low and high, got {low!r}, {start!r} and {high!r}"
        )
    return passage_time_by_doubling(
        lambda n: _log_time(drift, diffusivity, start, low, high, n),
        _FEWEST,
        _MOST,
        _TOLERANCE,
        ": the noise is too weak for its gradient; raise the noise or smooth the drift",
    )


def _log_time(
    drift: Callable[[Array], Array],
    diffusivity: Callable[[Array], Array],
    start: float,
    low: float,
    high: float,
    n: int,
) -> float:
    """Return the logarithm of the mean time, by Simpson's rule on ``n`` cells to either side.

    NaN where so many cells resolve nothing.
    """
    from scipy.integrate import cumulative_simpson

    x = np.concatenate([np.linspace(low, start, n + 1), np.linspace(start, high, n + 1)[1:]])
    strength = np.asarray(diffusivity(x), dtype=float)
    if not (np.isfinite(strength).all() and (strength > 0).all()):
        wrong = int(np.argmin(np.isfinite(strength) & (strength > 0)))
        raise InputError(
            "the diffusivity must be positive and finite in the whole interval, got "
            f"{strength[wrong]:g} at {x[wrong]:g}; raise the loss floor or shorten the interval"
        )
    sides = (slice(0, n + 1), slice(n, None))

    def cumulated(values: Array) -> Array:
        left, right = (cumulative_simpson(values[side], x=x[side], initial=0.0) for side in sides)
        return np.concatenate([left, left[-1] + right[1:]])

    with np.errstate(over="ignore", invalid="ignore"):
        log_scale = -cumulated(np.asarray(drift(x)) / strength)
    # Scale and speed density are inverse to one another: one common factor keeps both finite.
    if not np.isfinite(log_scale).all():
        return math.nan
    peak = log_scale.max()
    scale = cumulated(np.exp(log_scale - peak))
    log_speed = -log_scale - np.log(strength)
    top = log_speed.max()
    speed = np.exp(log_speed - top)
    share = scale[n] / scale[-1]
    ahead = cumulated((scale[-1] - scale) * speed)
    behind = cumulated(scale * speed)
    time = float(share * (ahead[-1] - ahead[n]) + (1 - share) * behind[n])
    return float(peak + top) + math.log(time) if time > 0.0 else math.nan
