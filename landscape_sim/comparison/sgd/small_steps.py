r"""What the limit ``η → 0`` at fixed ``B/η`` is, for one-dimensional regression.

With Gaussian noise of the exact covariance the chain tends to the stochastic differential
equation, whose passage to a level of the loss is the radial solution. SGD is another chain:
``q = B/η`` samples come per unit of time, each with a kick ``−∇ℓ_μ/q``, whatever ``η`` is.
``B = 1`` bounds ``η`` from below by ``1/q``. The one way on is batches of random size, Poisson with
the mean ``B = q η < 1``; their limit is the process of kicks at random times of the rate ``q``, and
since a step of SGD with ``B = 1`` is one such kick, *its mean time is exactly that of SGD at*
``B = 1``. It depends on ``q`` alone, and is the radial solution for ``q → ∞`` only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landscape_sim.exact.line.interval import interval_exit_time
from landscape_sim.exact.update.landing_law import Array, JumpLaw, gaussian_law
from landscape_sim.exact.update.transition import discrete_mean_first_passage_time
from landscape_sim.models import DataSet
from landscape_sim.validation import InputError, require_positive

_NODES = 200


@dataclass(frozen=True)
class Extrapolation:
    """A mean time at ``η = 0``.

    Attributes
    ----------
    value : float
        Of the polynomial of the higher order.
    error : float
        Its difference from the lower order.
    """

    value: float
    error: float


@dataclass(frozen=True, eq=False)
class SmallSteps:
    """Passages to ``L = c L*`` at fixed ``q = B/η``, in one dimension.

    Attributes
    ----------
    data : DataSet
        Linear regression of one dimension.
    samples_per_time : float
        ``q``.
    loss_ratio : float
        ``c``.
    """

    data: DataSet
    samples_per_time: float
    loss_ratio: float

    def __post_init__(self) -> None:
        require_positive("samples_per_time", self.samples_per_time)
        if self.data.model.dimension != 1 or not 1.0 < self.loss_ratio < math.inf:
            raise InputError(
                f"loss_ratio must exceed 1 and the data have one dimension, got {self.loss_ratio!r}"
                f" and {self.data.model.dimension}"
            )

    @property
    def _edge(self) -> float:
        landscape = self.data.landscape
        return math.sqrt(2 * (self.loss_ratio - 1) * landscape.floor / landscape.moments[0][0])

    def _covariance(self, x: Array) -> Array:
        """Return the covariance of one sample's gradient: quadratic, so three points give it."""
        (centre,), probes = self.data.landscape.centre, np.array([-1.0, 0.0, 1.0])
        values = [self.data.sample_gradients((centre + u,))[0].var() for u in probes]
        return np.asarray(np.polyval(np.polyfit(probes, values, 2), x - centre))

    def sgd_time(self, batch_size: int) -> float:
        """Return the exact mean time of SGD with ``η = B/q``, per unit of ``t = ηk``."""
        eta = batch_size / self.samples_per_time
        return self._chain_time(self.data.sgd_jumps(eta), eta, batch_size)

    def gaussian_time(self, learning_rate: float) -> float:
        """Return the exact mean time of the chain with normal noise of the same covariance.

        ``B = q η`` need not be an integer here.
        """
        landscape, eta = self.data.landscape, learning_rate
        law = gaussian_law(
            lambda x: -eta * landscape.gradient((x,))[0],
            lambda x: math.sqrt(eta / self.samples_per_time * self._covariance(np.array(x))),
        )
        return self._chain_time(law, eta, 1)

    def radial_time(self) -> float:
        """Return the mean time of the stochastic differential equation with that covariance."""
        landscape, (centre,) = self.data.landscape, self.data.landscape.centre
        return interval_exit_time(
            lambda x: -landscape.gradient((x,))[0],
            lambda x: 0.5 / self.samples_per_time * self._covariance(x),
            *(centre, centre - self._edge, centre + self._edge),
        ).mean_time

    def _chain_time(self, jumps: JumpLaw, learning_rate: float, batch_size: int) -> float:
        (centre,) = self.data.landscape.centre
        found = discrete_mean_first_passage_time(
            jumps,
            *(centre, centre - self._edge, centre + self._edge),
            batch_size=batch_size,
            n_nodes=_NODES,
        )
        return learning_rate * found.mean_steps


def extrapolate_to_zero(
    learning_rates: Sequence[float], times: Sequence[float], order: int = 3
) -> Extrapolation:
    """Return the mean time at ``η = 0``, by least squares in powers of ``sqrt η``.

    The overshoot over the level is of the order ``sqrt η``.
    """
    root = np.sqrt(learning_rates)
    best, less = (float(np.polyfit(root, times, n)[-1]) for n in (order, order - 1))
    return Extrapolation(best, abs(best - less))
