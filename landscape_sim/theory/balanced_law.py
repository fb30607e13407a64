r"""The stationary law of ``f = u w x`` under the exact covariance of SGD's noise.

Rescaling ``u → λu, w → w/λ`` leaves the loss as it is, so that noise balances the two weights:
``d(u² − w²) = −T C (u² − w²) dt`` with ``T = η/B`` and ``C(v)`` the variance of
``g_μ = x_μ (v x_μ − y_μ)`` over the samples, ``v = u w``. What is left is one equation, for
``v = u²``,

.. math:: dv = (T C v − 2 v \bar g) \, dt + 2 v \sqrt{T C} \, dW, \qquad
          \bar g = α_1 v − α_2, \quad C = a v^2 − 2 b v + c,

with ``α_1 = E x²``, ``α_2 = E xy``, ``a = Var x²``, ``b = Cov(x², xy)``, ``c = Var xy``, and

.. math:: P(v) ∝ v^{−3/2 + α_2/(T c)} \; C(v)^{−1 − α_2/(2 T c)}
          \exp\Bigl[−\frac{α_1 − b α_2/c}{T \sqrt{ac − b^2}}
          \arctan\frac{a v − b}{\sqrt{ac − b^2}}\Bigr] .

From ``T_c = 2 α_2/c`` on the law cannot be normalised at ``v = 0``: the weights collapse there.

References
----------
Ziyin, Li and Ueda, *Noise Balance and Stationary Distribution of Stochastic Gradient Descent*,
arXiv:2308.06671; derived here anew, for ``ℓ = (f − y)²/2`` and ``α_2 > 0``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from landscape_sim.validation import InputError, require_positive


@dataclass(frozen=True)
class BalancedLaw:
    """The moments of a data set that the law depends on.

    Attributes
    ----------
    curvature, slope : float
        ``α_1`` and ``α_2``.
    noise : tuple of float
        ``a``, ``b`` and ``c``.
    """

    curvature: float
    slope: float
    noise: tuple[float, float, float]

    @classmethod
    def of_samples(cls, inputs: ArrayLike, targets: ArrayLike) -> BalancedLaw:
        """Return that of the samples ``x_μ`` and ``y_μ``.

        Raises
        ------
        InputError
            If ``E xy`` is not positive, or ``x²`` and ``xy`` do not vary independently.

        Examples
        --------
        >>> law = BalancedLaw.of_samples([1.0, 2.0, 1.0], [1.0, 0.0, -0.5])
        >>> round(law.critical_temperature, 4)
        0.8571
        """
        x, y = np.asarray(inputs, dtype=float), np.asarray(targets, dtype=float)
        squares, products = x * x, x * y
        (a, b), (_, c) = np.cov(squares, products, bias=True)
        if not (products.mean() > 0.0 and a * c > b * b):
            raise InputError(
                f"the law needs E xy > 0, got {products.mean():.3g}, and noise wherever v is, got "
                f"ac − b² = {a * c - b * b:.3g}; change the sign of y, or take noisy targets"
            )
        return cls(float(squares.mean()), float(products.mean()), (float(a), float(b), float(c)))

    @property
    def critical_temperature(self) -> float:
        """``T_c = 2 α_2/c``."""
        return 2.0 * self.slope / self.noise[2]

    def log_density(self, product: ArrayLike, temperature: float) -> NDArray[np.float64]:
        """Return ``log P(v)`` up to a constant, at ``T = η/B``.

        Raises
        ------
        InputError
            If ``T`` is not positive, or ``T_c`` or above.
        """
        temperature = require_positive("temperature", temperature)
        if temperature >= self.critical_temperature:
            raise InputError(
                f"at T = {temperature:g} the weights collapse to zero and have no density; take "
                f"T below T_c = {self.critical_temperature:g}"
            )
        v = np.asarray(product, dtype=float)
        a, b, c = self.noise
        root, power = math.sqrt(a * c - b * b), self.slope / (temperature * c)
        turn = (self.curvature - b * self.slope / c) / (temperature * root)
        variance = a * v * v - 2.0 * b * v + c
        return np.asarray(
            (power - 1.5) * np.log(v)
            - (1.0 + 0.5 * power) * np.log(variance)
            - turn * np.arctan((a * v - b) / root)
        )
