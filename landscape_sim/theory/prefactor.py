"""The prefactor that both escape laws share: curvatures at the minimum and at the saddle."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landscape_sim.landscapes.contract import CriticalPoint
from landscape_sim.validation import InputError


@dataclass(frozen=True)
class Prefactor:
    """The Eyring–Kramers prefactor ``|h_e^s|/(2π) · sqrt(det H* / |det H^s|)``.

    Attributes
    ----------
    attempt_frequency : float
        ``|h_e^s|/(2π)``, with the escape eigenvalue ``h_e^s < 0``, per unit of ``t``.
    log_determinant_factor : float
        Logarithm of ``sqrt(det H* / |det H^s|)``.
    """

    attempt_frequency: float
    log_determinant_factor: float


def eyring_kramers_prefactor(minimum: CriticalPoint, saddle: CriticalPoint) -> Prefactor:
    """Return the prefactor of an escape from ``minimum`` over ``saddle``.

    Raises
    ------
    InputError
        If the minimum has an eigenvalue that is not positive, the saddle does not have exactly
        one negative and otherwise positive eigenvalues, the dimensions differ, or the saddle
        does not lie above the minimum.

    References
    ----------
    Berglund, *Kramers' law: validity, derivations and generalisations*, Markov Processes
    Relat. Fields 19 (2013), section 1.
    """
    bottom = np.asarray(minimum.eigenvalues, dtype=np.float64)
    top = np.sort(np.asarray(saddle.eigenvalues, dtype=np.float64))
    if bottom.shape != top.shape or bottom.ndim != 1 or bottom.size == 0:
        raise InputError(
            f"minimum and saddle must have equally many eigenvalues, got {bottom.size} and "
            f"{top.size}; give the n outlier directions at both"
        )
    if not (np.isfinite(bottom).all() and (bottom > 0).all()):
        raise InputError(
            f"a minimum has positive eigenvalues only, got {bottom.tolist()}; refine its position "
            "or leave out the flat directions"
        )
    if not (np.isfinite(top).all() and top[0] < 0 and (top[1:] > 0).all()):
        raise InputError(
            "the saddle of an escape has exactly one negative eigenvalue and no zero, got "
            f"{top.tolist()}; choose the lowest pass out of the well"
        )
    if not (math.isfinite(minimum.loss) and minimum.loss < saddle.loss < math.inf):
        raise InputError(
            f"the saddle must lie above the minimum, got L^s = {saddle.loss!r} and "
            f"L* = {minimum.loss!r}; choose the saddle on the rim of this well"
        )
    return Prefactor(
        attempt_frequency=float(-top[0] / (2 * math.pi)),
        log_determinant_factor=float(np.log(bottom).sum() - np.log(np.abs(top)).sum()) / 2,
    )
