r"""The stationary law of loss-proportional noise, and where it ends: the critical dimension.

Derivation. The Itô equation ``dx = −∇L dt + sqrt(2 T L) dW`` has the probability current
``−P ∇L − ∇(T L P)``. It vanishes for

.. math:: P(x) ∝ L(x)^{-φ}, \qquad φ = 1 + 1/T.

In the time ``dτ = L dt`` a path spends ``L`` times as much of it at ``x``: ``P̃ ∝ L^{-1/T}``.

Far out in a quadratic valley, ``L ≈ h r²/2``, Itô's rule gives
``d log r = [T h (n − 2)/2 − h] dt + sqrt(T h) dW``: a path drifts inwards for ``n < n_c`` only,
with ``n_c = 2 (1/T + 1)``, the same ``n`` for which ``L^{-φ}`` can be normalised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.validation import InputError, require_count, require_fraction, require_positive


def stationary_exponent(temperature: float) -> float:
    """Return ``φ = 1 + 1/T = 1 + B/(η h*)`` of the stationary density ``P ∝ L^−φ`` in ``t``.

    Raises
    ------
    InputError
        If the temperature is not positive and finite.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022, Sec. 4.

    Examples
    --------
    >>> stationary_exponent(0.25)
    5.0
    """
    return 1 + time_changed_stationary_exponent(temperature)


def time_changed_stationary_exponent(temperature: float) -> float:
    """Return ``1/T = B/(η h*)``, the exponent of the stationary density in ``dτ = L dt``.

    Raises
    ------
    InputError
        If the temperature is not positive and finite.

    Examples
    --------
    >>> time_changed_stationary_exponent(0.25)
    4.0
    """
    return 1 / require_positive("temperature", temperature)


@dataclass(frozen=True)
class ValleyDensity:
    r"""The density ``L^−φ / Z`` in the quadratic valley ``L = L* + ½ Σ_i k_i x_i²``.

    .. math:: Z = (2π)^{n/2} \, (\det H)^{-1/2} \, L^{*\,n/2-φ} \, Γ(φ - n/2)/Γ(φ)

    It is a multivariate Student law. ``L*/L`` has the law Beta(``φ − n/2``, ``n/2``), because
    ``s = L/L* − 1`` has the density ``∝ s^{n/2−1} (1 + s)^{−φ}``.

    Attributes
    ----------
    exponent : float
        ``φ``, above ``n/2``: with ``φ = 1 + 1/T`` this is ``n < n_c``.
    floor : float
        ``L*``.
    curvatures : tuple of float
        The ``n`` eigenvalues of the Hessian.

    Raises
    ------
    InputError
        If an attribute is not positive, or ``L^−φ`` cannot be normalised.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022.

    Examples
    --------
    In one dimension with ``φ = 1`` it is Cauchy's law:

    >>> valley = ValleyDensity(exponent=1.0, floor=0.5, curvatures=(1.0,))
    >>> round(math.exp(valley.log_density(0.5)) * math.pi, 12)
    1.0
    """

    exponent: float
    floor: float
    curvatures: tuple[float, ...]

    def __post_init__(self) -> None:
        require_positive("floor", self.floor)
        require_positive("exponent", self.exponent)
        for curvature in self.curvatures:
            require_positive("curvature", curvature)
        if not 0 < self.n_outliers < 2 * self.exponent:
            raise InputError(
                f"L^−φ with φ = {self.exponent:.6g} cannot be normalised in {self.n_outliers} "
                "dimensions; it takes at least one, and fewer than 2 φ"
            )

    @property
    def n_outliers(self) -> int:
        """``n``, the dimension of the valley."""
        return len(self.curvatures)

    @property
    def log_normalisation(self) -> float:
        """``log Z``."""
        half = self.n_outliers / 2
        widths = half * math.log(2 * math.pi) - 0.5 * sum(map(math.log, self.curvatures))
        powers = (half - self.exponent) * math.log(self.floor)
        return widths + powers + math.lgamma(self.exponent - half) - math.lgamma(self.exponent)

    def log_density(self, loss: ArrayLike) -> NDArray[np.float64]:
        """Return ``log P`` at points of this loss, per unit of volume."""
        log_density: NDArray[np.float64] = -self.exponent * np.log(loss) - self.log_normalisation
        return log_density

    def radial_density(self, radius: ArrayLike) -> NDArray[np.float64]:
        """Return the density of ``r = |x|``, ``2 π^{n/2}/Γ(n/2) · r^{n−1} L^−φ / Z``.

        Raises
        ------
        InputError
            If the curvatures differ: then ``r`` alone does not give the loss.
        """
        if len(set(self.curvatures)) > 1:
            raise InputError(f"the radius needs equal curvatures, got {self.curvatures}")
        r, n = np.asarray(radius, dtype=float), self.n_outliers
        log_sphere = math.log(2) + n / 2 * math.log(math.pi) - math.lgamma(n / 2)
        density = self.log_density(self.floor + 0.5 * self.curvatures[0] * r * r)
        radial: NDArray[np.float64] = r ** (n - 1) * np.exp(log_sphere + density)
        return radial

    def log_loss_ratio_quantile(self, probability: float) -> float:
        """Return the ``probability``-quantile of ``log(L/L*)``, for a probability in (0, 1)."""
        from scipy.special import betainccinv

        half = self.n_outliers / 2
        probability = require_fraction("probability", probability)
        return -math.log(float(betainccinv(self.exponent - half, half, probability)))


def log_loss_growth_rate(curvature: float, temperature: float, n_outliers: int) -> float:
    """Return ``h (T (n − 2) − 2)``, the mean slope of ``log L`` in ``t`` far from the minimum.

    It vanishes at ``n_c = 2 (1/T + 1)``. Above, the loss grows without end at this rate;
    below, it is the rate of the return from far out.

    Raises
    ------
    InputError
        If curvature or temperature is not positive, or ``n`` not a positive integer.

    Examples
    --------
    >>> [log_loss_growth_rate(2.0, 0.5, n) for n in (4, 6, 8)]
    [-2.0, 0.0, 2.0]
    """
    rate = (
        require_positive("temperature", temperature) * (require_count("n_outliers", n_outliers) - 2)
        - 2
    )
    return require_positive("curvature", curvature) * rate


def discrete_log_loss_growth_rate(
    curvature: float, temperature: float, n_outliers: int, time_step: float
) -> float:
    r"""Return the mean slope of ``log L`` in ``t`` under Euler's scheme of step ``Δt``.

    Far out a step multiplies ``r²`` by ``|(1 − h Δt) e + sqrt(T h Δt) ξ|²``, which is ``T h Δt``
    times a noncentral chi-squared variable, whose mean logarithm is a Poisson average of
    digamma functions:

    .. math:: \frac{1}{Δt} \Big[\log(2 T h Δt) + \sum_j e^{-λ} \frac{λ^j}{j!} ψ(n/2 + j)\Big],
              \qquad λ = \frac{(1 - h Δt)^2}{2 T h Δt}.

    For ``Δt → 0`` it becomes :func:`log_loss_growth_rate`.

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    N. L. Johnson, S. Kotz and N. Balakrishnan, *Continuous Univariate Distributions* 2 (1995),
    ch. 29: a noncentral chi-squared law is a Poisson mixture of central ones.

    Examples
    --------
    >>> round(discrete_log_loss_growth_rate(2.0, 0.5, 8, 1e-4), 3)
    2.0
    """
    from scipy.special import digamma, gammaln, xlogy

    step = require_positive("curvature", curvature) * require_positive("time_step", time_step)
    noise = 2 * require_positive("temperature", temperature) * step
    mean = (1 - step) ** 2 / noise
    # Ten standard deviations and more to either side: the rest is below rounding.
    reach = 12 * math.sqrt(mean) + 40
    counts = np.arange(max(0, math.floor(mean - reach)), math.ceil(mean + reach))
    poisson = np.exp(xlogy(counts, mean) - mean - gammaln(counts + 1))
    log_square = poisson @ digamma(require_count("n_outliers", n_outliers) / 2 + counts)
    return float(math.log(noise) + log_square) / time_step
