"""How many eigenvalues of a Hessian are outliers, and how large they are: a band over rules.

There is no agreed rule, and on a network's spectrum the answers differ by an order of
magnitude. Every rule here has a name and a definition; the spread between them is the
uncertainty that any prediction from ``n`` and ``h*`` inherits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.validation import InputError, require_count

_GAP_FLOOR = 0.01
_RELATIVE_THRESHOLD = 0.1
_TRACE_SHARE = 0.9


@dataclass(frozen=True)
class OutlierEstimate:
    """The outliers by one rule.

    Attributes
    ----------
    rule : str
    n_outliers : int
        ``n``.
    outlier_curvature : float
        ``h*``: mean of the ``n`` largest eigenvalues; of "participation" the largest.
    is_lower_bound : bool
        True where the rule would count more eigenvalues than were given.
    """

    rule: str
    n_outliers: int
    outlier_curvature: float
    is_lower_bound: bool


@dataclass(frozen=True)
class OutlierBand:
    """The outliers by every rule that applies, in order of their names."""

    estimates: tuple[OutlierEstimate, ...]

    @property
    def n_range(self) -> tuple[int, int]:
        """Smallest and largest ``n``."""
        numbers = [estimate.n_outliers for estimate in self.estimates]
        return min(numbers), max(numbers)

    @property
    def curvature_range(self) -> tuple[float, float]:
        """Smallest and largest ``h*``."""
        sizes = [estimate.outlier_curvature for estimate in self.estimates]
        return min(sizes), max(sizes)


def estimate_outliers(
    eigenvalues: ArrayLike, *, trace: float, trace_of_square: float, dimension: int
) -> OutlierBand:
    """Return the number and size of the outliers of a spectrum by every rule.

    * ``bulk-edge``: the smallest ``n`` for which the next eigenvalue lies below the upper edge of
      the Marchenko–Pastur law that has the mean ``m`` and variance ``v`` of all eigenvalues
      but the first ``n``: ``m (1 + sqrt(v)/m)²``. Left out where ``m ≤ 0``, or where the
      outliers so widen the law that it covers them. The edge is that of an infinite matrix:
      at ``P`` of some hundred it can take the first of the bulk for an outlier.
    * ``largest-gap``: the ``n`` that maximises ``λ_n/λ_{n+1}`` among ``λ_n ≥ 0.01 λ_1``.
    * ``participation``: ``(Tr H)²/Tr H²``, rounded, at least 1. The paper's count, Eq. (46), which
      it takes together with the largest eigenvalue for ``h*``.
    * ``tenth-of-largest``: eigenvalues of at least ``0.1 λ_1``.
    * ``trace-share``: the smallest ``n`` whose eigenvalues make up 0.9 of the trace.

    Parameters
    ----------
    eigenvalues : array_like, shape (k,)
        The largest eigenvalues, all that there are between the first and the last;
        ``k`` of 2 or more, in any order.
    trace, trace_of_square : float
        ``Tr H`` and ``Tr H²`` of the whole matrix; estimates will do.
    dimension : int
        ``P``, number of rows of the matrix.

    Raises
    ------
    InputError
        If there are fewer than two eigenvalues or more than ``dimension``, the largest is
        not positive, or ``Tr H²`` is less than their squares contribute.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022, Eq. (46).
    V. A. Marchenko, L. A. Pastur, Math. USSR-Sbornik 1, 457 (1967). L. Sagun, U. Evci,
    V. U. Güney, Y. Dauphin, L. Bottou, ICLR workshop 2018 (outliers above a bulk).

    Examples
    --------
    >>> spectrum = [100.0, 90.0, 80.0] + [1.0] * 97
    >>> band = estimate_outliers(
    ...     spectrum, trace=sum(spectrum), trace_of_square=24597.0, dimension=100
    ... )
    >>> {e.rule: e.n_outliers for e in band.estimates}["largest-gap"], band.n_range
    (3, (3, 64))
    """
    values = np.sort(np.asarray(eigenvalues, dtype=float).ravel())[::-1]
    _check(values, trace, trace_of_square, require_count("dimension", dimension, 2))
    counts: dict[str, float] = {
        "largest-gap": _largest_gap(values),
        "participation": max(1, round(trace**2 / trace_of_square)),
        "tenth-of-largest": _count_or_more(values >= _RELATIVE_THRESHOLD * values[0]),
        "trace-share": _count_or_more(np.cumsum(values) < _TRACE_SHARE * trace, extra=1),
        "bulk-edge": _bulk_edge(values, trace, trace_of_square, dimension),
    }
    estimates = []
    for rule in sorted(counts):
        number = counts[rule]
        if number >= 1:
            n = int(min(number, values.size))
            is_bound = number > values.size and values.size < dimension
            size = values[0] if rule == "participation" else values[:n].mean()
            estimates.append(OutlierEstimate(rule, n, float(size), is_bound))
    return OutlierBand(tuple(estimates))


def _check(
    values: NDArray[np.float64], trace: float, trace_of_square: float, dimension: int
) -> None:
    if not 2 <= values.size <= dimension or not np.all(np.isfinite(values)):
        raise InputError(
            f"outliers need 2 to {dimension} finite eigenvalues, got {values.size}; compute more"
        )
    if values[0] <= 0:
        raise InputError(
            f"the largest eigenvalue is {values[0]:g}: there is no positive outlier; give the "
            "spectrum at a minimum"
        )
    # Rounding apart; an estimate of the rest of the trace can only add.
    if not trace_of_square >= (1 - 1e-9) * np.sum(values**2) or not math.isfinite(trace):
        raise InputError(
            f"trace_of_square {trace_of_square:g} is less than the squares of the eigenvalues, "
            f"{np.sum(values**2):g}; pass that of the whole matrix"
        )


def _largest_gap(values: NDArray[np.float64]) -> int:
    upper, lower = values[:-1], values[1:]
    eligible = upper >= _GAP_FLOOR * values[0]
    # Above an eigenvalue of zero, or a negative one, the gap is infinite.
    with np.errstate(divide="ignore", over="ignore"):
        ratio = upper[eligible] / np.maximum(lower[eligible], 0.0)
    return int(np.argmax(ratio)) + 1


def _count_or_more(is_counted: NDArray[np.bool_], extra: int = 0) -> float:
    """Return the length of the leading run of True, plus ``extra``; infinite where it is all."""
    return math.inf if is_counted.all() else int(np.argmin(is_counted)) + extra


def _bulk_edge(
    values: NDArray[np.float64], trace: float, trace_of_square: float, dimension: int
) -> float:
    """Return ``n`` by the Marchenko–Pastur edge; 0 where the bulk has no positive mean."""
    n_left = dimension - np.arange(values.size)
    mean = (trace - np.cumsum(values) + values) / n_left
    square = (trace_of_square - np.cumsum(values**2) + values**2) / n_left
    if mean[0] <= 0:
        return 0
    spread = np.sqrt(np.maximum(square - mean**2, 0.0))
    # Row n: the bulk without the first n; its own largest eigenvalue is values[n].
    edge = np.where(mean > 0, (1 + spread / np.where(mean > 0, mean, 1.0)) ** 2 * mean, np.inf)
    return _count_or_more(values > edge * (1 + 1e-9))
