"""Power law or Arrhenius? Which law of the loss barrier the event counts support."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from landscape_sim.estimators.poisson_regression import PoissonFit, checked_sweep, fit_poisson

EVIDENCE_THRESHOLD = math.log(100)


@dataclass(frozen=True)
class LawComparison:
    """Both laws fitted to the same counts.

    Attributes
    ----------
    power_law : PoissonFit
        Covariate ``log R``, ``R = L^s/L*``: the slope is the power-law exponent.
    arrhenius : PoissonFit
        Covariate ``R − 1``: the slope is ``1/T``.
    """

    power_law: PoissonFit
    arrhenius: PoissonFit

    @property
    def log_likelihood_difference(self) -> float:
        """Power law minus Arrhenius: positive where the power law is better."""
        return self.power_law.log_likelihood - self.arrhenius.log_likelihood

    @property
    def aic_difference(self) -> float:
        """Arrhenius minus power law; twice the above, as both laws have two parameters."""
        return 2 * self.log_likelihood_difference

    @property
    def favoured(self) -> Literal["power law", "Arrhenius", "undecided"]:
        """The law that is more than 100 times as likely as the other, if there is one."""
        if abs(self.log_likelihood_difference) <= EVIDENCE_THRESHOLD:
            return "undecided"
        return "power law" if self.log_likelihood_difference > 0 else "Arrhenius"


def compare_laws(
    loss_ratio: ArrayLike,
    n_events: ArrayLike,
    exposure: ArrayLike,
    log_prefactor: ArrayLike = 0.0,
    confidence_level: float = 0.95,
) -> LawComparison:
    """Compare the power law of Eq. (15) with Arrhenius on one sweep at one temperature.

    Noise that follows the loss gives ``κ ∝ R^−exponent``, ``R = L^s/L*``. Noise frozen at its
    strength in the minimum, ``D = T L*``, gives ``κ ∝ exp(−ΔL/D) = exp(−(R − 1)/T)``. Each
    law has a free intercept and a free slope, and the same ``log_prefactor``, so that
    only the shape in ``R`` is judged.

    A law is favoured if its likelihood is more than 100 times the other's
    (``|Δ log L| > ln 100``). Between two given laws such a verdict is wrong with
    probability at most 1/100 (Royall's bound); that it stays below this with fitted
    slopes is what the tests measure, not a theorem. A range of ``R`` too narrow to
    tell them apart is "undecided". The better law may still be wrong: only its
    **deviance** against its degrees of freedom tells whether it fits.

    Parameters
    ----------
    loss_ratio : array_like, shape (m,)
        ``R = L^s/L* > 1`` of each row, all at the same ``T = η h*/B``.
    n_events, exposure, log_prefactor, confidence_level
        As in :func:`fit_exponent`.

    Raises
    ------
    InputError
        As :func:`fit_exponent` does.

    References
    ----------
    T. Mori, L. Ziyin, K. Liu, M. Ueda, ICML 2022, Eq. (15).
    R. Royall, J. Am. Stat. Assoc. 95, 760 (2000).

    Examples
    --------
    >>> ratio = np.array([2.0, 4.0, 8.0, 16.0])
    >>> result = compare_laws(ratio, [100] * 4, 100 * ratio**3)
    >>> result.favoured, round(result.power_law.slope, 6)
    ('power law', 3.0)
    """
    sweep = checked_sweep("loss_ratio", loss_ratio, 1.0, n_events, exposure, log_prefactor)
    power_law, arrhenius = (
        fit_poisson(covariate, sweep.n_events, sweep.offset, confidence_level)
        for covariate in (np.log(sweep.covariate), sweep.covariate - 1)
    )
    return LawComparison(power_law, arrhenius)
