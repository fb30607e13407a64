"""The escape rate of SGD itself on a data set, in one dimension."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscape_sim.dynamics.sgd import UpdateRule
from landscape_sim.landscapes import CriticalPoint, find_critical_points
from landscape_sim.landscapes.contract import Position
from landscape_sim.landscapes.descent import descend
from landscape_sim.large_deviations.line_correction import Correction, line_correction
from landscape_sim.large_deviations.line_law import LineLaw, line_law
from landscape_sim.large_deviations.mini_batch import MiniBatchHamiltonian
from landscape_sim.models import DataSet
from landscape_sim.validation import InputError


@dataclass(frozen=True)
class SgdEscapeLaw:
    """The rate of leaving a minimum, over either neighbouring saddle.

    Attributes
    ----------
    ways : tuple of LineLaw
        One for each saddle, from left to right.
    corrections : tuple of Correction
        The next order of each.
    """

    ways: tuple[LineLaw, ...]
    corrections: tuple[Correction, ...]

    @property
    def leading_log_rate(self) -> float:
        """Logarithm of the rate to leading order, summed over the saddles."""
        return float(np.logaddexp.reduce([way.log_rate for way in self.ways]))

    @property
    def log_rate(self) -> float:
        """Logarithm of the rate with the next order, summed over the saddles."""
        logs = [
            way.log_rate + way.noise_scale * correction.coefficient
            for way, correction in zip(self.ways, self.corrections, strict=True)
        ]
        return float(np.logaddexp.reduce(logs))

    @property
    def leading_rate(self) -> float:
        """``κ`` per unit of ``t = ηk``, to leading order."""
        return float(np.exp(self.leading_log_rate))

    @property
    def rate(self) -> float:
        """``κ`` per unit of ``t = ηk``, with the next order."""
        return float(np.exp(self.log_rate))


def sgd_escape_law(data: DataSet, rule: UpdateRule, start: Position) -> SgdEscapeLaw:
    """Return the law by which SGD leaves the minimum of the well of ``start``.

    Batches are drawn with replacement. The law is that of ``η → 0`` at fixed ``B``, all cumulants
    of the kicks included.

    Parameters
    ----------
    data : DataSet
        Of a model with one parameter.
    rule : UpdateRule
        Plain SGD.
    start : tuple of float
        A position in the well.

    Raises
    ------
    InputError
        If there is no saddle beside the well, SGD diverges at the minimum, or as
        :func:`line_law` and :meth:`MiniBatchHamiltonian.of_rule`.

    Examples
    --------
    >>> from landscape_sim.dynamics.sgd import SGD
    >>> from landscape_sim.models import phase_regression
    >>> data = phase_regression(label_noise=1.0, n_samples=1000, seed=0)
    >>> law = sgd_escape_law(data, SGD(0.2, batch_size=1), (0.0,))
    >>> len(law.ways), 1e-8 < law.rate < 1e-7
    (2, True)
    """
    hamiltonian = MiniBatchHamiltonian.of_rule(data, rule)
    if hamiltonian.dimension != 1:
        raise InputError(
            f"the law of SGD needs a model of one parameter, got {hamiltonian.dimension}"
        )
    minimum = descend(data.landscape, start, "start").minimum
    data.require_stable(minimum.position, rule.learning_rate)
    ends = [(minimum.position[0], saddle.position[0]) for saddle in _beside(data, minimum)]
    return SgdEscapeLaw(
        tuple(line_law(hamiltonian, *pair) for pair in ends),
        tuple(line_correction(hamiltonian, *pair) for pair in ends),
    )


def _beside(data: DataSet, minimum: CriticalPoint) -> list[CriticalPoint]:
    """Return the saddles next to the minimum, one on each side at most."""
    saddles = [point for point in find_critical_points(data.landscape) if point.index == 1]
    left = [saddle for saddle in saddles if saddle.position < minimum.position][-1:]
    right = [saddle for saddle in saddles if saddle.position > minimum.position][:1]
    if not left + right:
        raise InputError(
            f"no saddle leads out of the minimum {minimum.position[0]:g}: the loss has no barrier, "
            "so ask for the passage to a level of it instead"
        )
    return left + right
