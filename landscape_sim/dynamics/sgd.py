"""Mini-batch SGD itself, as the kernels run it: update rules and fresh label noise."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Protocol

import numpy as np

from landscape_sim.validation import InputError, require_positive
from landscape_sim.vectors import Vector, displace, scale


class LabelNoise(Protocol):
    """What is added to a label each time that it is looked at."""

    def is_random(self) -> bool:
        """Return whether random numbers are needed at all."""

    def check(self) -> None:
        """Refuse numbers that are out of range."""

    def shift(self, first: Any, second: Any, /) -> Any:
        """Return the shift of one label, made of two independent uniforms in (0, 1)."""


class FixedLabels(NamedTuple):
    """Labels as the data set has them: the noise is that of the mini-batches alone.

    Attributes
    ----------
    deviation : float
        Zero.
    """

    deviation: float = 0.0

    def is_random(self) -> bool:
        """Return False."""
        return False

    def check(self) -> None:
        """Do nothing: there is nothing to refuse."""

    def shift(self, first: Any, second: Any) -> Any:
        """Return zero."""
        return 0.0


class GaussianLabelNoise(NamedTuple):
    """Normal label noise, drawn afresh for every sample of every batch.

    Attributes
    ----------
    deviation : float
        Its standard deviation.
    """

    deviation: float

    def is_random(self) -> bool:
        """Return True."""
        return True

    def check(self) -> None:
        """Refuse a deviation that is not positive and finite."""
        require_positive("deviation of the label noise", self.deviation)

    def shift(self, first: Any, second: Any) -> Any:
        """Return a normal variate (Box and Muller)."""
        return self.deviation * np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second)


class StableLabelNoise(NamedTuple):
    """Symmetric α-stable label noise: the gradient noise then has no variance.

    Its characteristic function is ``exp(−|s k|^α)``. A mean of ``B`` such variates is again
    stable, of scale ``s B^(1/α − 1)``: larger batches help less than with a variance.

    Attributes
    ----------
    stability : float
        ``α`` in ``(0, 2)``, not 1.
    scale : float
        ``s``.

    References
    ----------
    Chambers, Mallows and Stuck, *A method for simulating stable random variables*,
    J. Amer. Statist. Assoc. 71 (1976) 340.
    """

    stability: float
    scale: float

    @classmethod
    def of_stability(cls, stability: float, scale: float) -> StableLabelNoise:
        """Return the noise, its arguments checked.

        Raises
        ------
        InputError
            If ``stability`` lies outside (0, 2) or is 1, or ``scale`` is not positive.

        Examples
        --------
        >>> StableLabelNoise.of_stability(1.5, 0.1)
        StableLabelNoise(stability=1.5, scale=0.1)
        """
        noise = cls(float(stability), float(scale))
        noise.check()
        return noise

    def check(self) -> None:
        """Refuse a stability outside (0, 2) or of 1, and a scale that is not positive."""
        if not 0.0 < self.stability < 2.0 or self.stability == 1.0:
            raise InputError(
                f"the stability α must lie in (0, 2) and not be 1, got {self.stability!r}; α = 2 "
                "is GaussianLabelNoise"
            )
        require_positive("scale of the label noise", self.scale)

    def is_random(self) -> bool:
        """Return True."""
        return True

    def shift(self, first: Any, second: Any) -> Any:
        """Return a symmetric stable variate."""
        angle, waiting = np.pi * (second - 0.5), -np.log(first)
        peak = np.sin(self.stability * angle) / np.cos(angle) ** (1.0 / self.stability)
        rest = np.cos((1.0 - self.stability) * angle) / waiting
        return self.scale * peak * rest ** ((1.0 - self.stability) / self.stability)


class UpdateRule(Protocol):
    """What SGD does with the gradient of a batch: a NamedTuple that the kernels compile."""

    @property
    def learning_rate(self) -> float:
        """``η``."""

    @property
    def batch_size(self) -> int:
        """``B``."""

    @property
    def label_noise(self) -> LabelNoise:
        """What is added to the labels."""

    def base(self, x: Any, velocity: Any, /) -> Vector:
        """Return what the gradients of a batch are added to."""

    def weight(self) -> Any:
        """Return the factor with which their mean is added."""

    def advance(self, x: Any, velocity: Any, total: Any, /) -> tuple[Vector, Vector]:
        """Return position and velocity after one step, from ``base + weight ∇L_B``."""


class SGD(NamedTuple):
    """``θ ← θ − η ∇L_B(θ)``.

    Attributes
    ----------
    learning_rate : float
        ``η``.
    batch_size : int
        ``B``.
    label_noise : LabelNoise
        None by default.
    """

    learning_rate: float
    batch_size: int
    label_noise: LabelNoise = FixedLabels()

    def base(self, x: Any, velocity: Any) -> Vector:
        """Return ``θ``: nothing stands between a gradient and the next position."""
        return x  # type: ignore[no-any-return]

    def weight(self) -> Any:
        """Return ``−η``."""
        return -self.learning_rate

    def advance(self, x: Any, velocity: Any, total: Any) -> tuple[Vector, Vector]:
        """Return the next position; the velocity is not used."""
        return total, velocity


class HeavyBallSGD(NamedTuple):
    """``v ← μ v + ∇L_B(θ)``, ``θ ← θ − η v``: SGD with momentum.

    Over many steps it moves as SGD of learning rate ``η/(1 − μ)`` does.

    Attributes
    ----------
    learning_rate : float
        ``η``.
    batch_size : int
        ``B``.
    momentum : float
        ``μ`` in [0, 1).
    label_noise : LabelNoise
        None by default.
    """

    learning_rate: float
    batch_size: int
    momentum: float
    label_noise: LabelNoise = FixedLabels()

    def base(self, x: Any, velocity: Any) -> Vector:
        """Return ``μ v``."""
        return scale(self.momentum, velocity)

    def weight(self) -> Any:
        """Return 1."""
        return 1.0

    def advance(self, x: Any, velocity: Any, total: Any) -> tuple[Vector, Vector]:
        """Return the next position and velocity."""
        return displace(x, -self.learning_rate, total), total


def check_rule(rule: UpdateRule) -> None:
    """Refuse an update rule whose numbers are out of range."""
    require_positive("learning_rate", rule.learning_rate)
    momentum = getattr(rule, "momentum", 0.0)
    if not (math.isfinite(momentum) and 0.0 <= momentum < 1.0):
        raise InputError(f"momentum must lie in [0, 1), got {momentum!r}; 0.9 is usual")
    rule.label_noise.check()
