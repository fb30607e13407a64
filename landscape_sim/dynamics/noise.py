"""How strong the gradient noise is where: isotropic noise, and what every noise model offers.

A noise model gives the diffusivity ``D(x) = s(x) M`` of the Itô equation
``dx = −∇L dt + sqrt(2 D(x)) dW``, in the time ``t = ηk`` of SGD, as a scalar
modulation ``s(x)``, the loss or 1, and a constant matrix ``M``. In the time ``τ`` of
``dτ = s(x) dt`` the noise is constant and the force is ``−∇U``, with the potential ``U``
of ``∇U = ∇L/s``.

What a noise is called, what it presupposes and how it is made at a minimum stands on its
class: see :mod:`landscape_sim.dynamics.noise_registry` for a model of your own.

Directions that carry no noise and do not move are a matter of the landscape: see
:class:`landscape_sim.landscapes.OutlierSection`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes.contract import LandscapeLike
from landscape_sim.validation import InputError, as_float, require_positive
from landscape_sim.vectors import Vector, displace, scale

#: An eigenvalue of ``M`` this far below zero, over the largest, is rounding.
_ROUNDING = 1e-12


class NoiseModel(Protocol):
    """A NamedTuple whose methods the kernels compile; positions may be arrays elsewhere."""

    @property
    def name(self) -> str:
        """What it is called at the command line and in study files; on the class."""

    @property
    def follows_loss(self) -> bool:
        """Whether ``s = L``, as Eq. (15) assumes; on the class."""

    @property
    def is_constant(self) -> bool:
        """Whether ``s = 1``, as the law of Eyring and Kramers assumes; on the class."""

    @property
    def needs_positive_loss(self) -> bool:
        """Whether ``s`` or ``U`` is undefined where the loss is not positive; on the class."""

    def modulation(self, landscape: LandscapeLike, x: Any, /) -> Any:
        """Return ``s(x)``."""

    def potential(self, landscape: LandscapeLike, x: Any, /) -> Any:
        """Return ``U(x)``, with ``∇U = ∇L/s``."""

    def kick(self, x: Any, amplitude: Any, normal: Any, /) -> Vector:
        """Return ``x + amplitude M^{1/2} normal``."""

    def spread(self, direction: Any, /) -> Any:
        """Return ``sqrt(eᵀ M e)`` for a unit vector ``e``."""

    def matrix(self, dimension: int, /) -> NDArray[np.float64]:
        """Return ``M``, shape ``(dimension, dimension)``."""

    def diffusivity_gradient(self, landscape: LandscapeLike, x: Any, /) -> Vector:
        """Return ``M ∇s(x)``."""


class _Temperature(NamedTuple):
    temperature: float


class LossProportionalNoise(_Temperature):
    """Isotropic noise proportional to the loss, ``D(x) = T L(x)``.

    Attributes
    ----------
    temperature : float
        ``T = η h*/B``, dimensionless.

    References
    ----------
    Mori, Ziyin, Liu, Ueda, *Power-Law Escape Rate of SGD* (ICML 2022), Sec. 4.
    """

    __slots__ = ()
    name = "isotropic"
    follows_loss = True
    is_constant = False
    needs_positive_loss = True

    @classmethod
    def at_minimum(
        cls, hessian: NDArray[np.float64], loss: float, *, temperature: float, noise_scale: float
    ) -> Self:
        """Return the noise of this temperature."""
        return cls(temperature)

    def modulation(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``s(x) = L(x)``."""
        return landscape.loss(x)

    def potential(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``U(x) = log L(x)``."""
        return np.log(landscape.loss(x))

    def kick(self, x: Any, amplitude: Any, normal: Any) -> Vector:
        """Return ``x + amplitude M^{1/2} normal``, ``M = T``."""
        return displace(x, amplitude * np.sqrt(self.temperature), normal)

    def spread(self, direction: Any) -> Any:
        """Return ``sqrt(eᵀ M e)`` for a unit vector ``e``."""
        return np.sqrt(self.temperature)

    def matrix(self, dimension: int) -> NDArray[np.float64]:
        """Return ``M``, shape ``(dimension, dimension)``."""
        return self.temperature * np.eye(dimension)

    def diffusivity_gradient(self, landscape: LandscapeLike, x: Any) -> Vector:
        """Return ``M ∇s(x) = T ∇L(x)``."""
        return scale(self.temperature, landscape.gradient(x))


class _Diffusion(NamedTuple):
    diffusion: float


class ConstantNoise(_Diffusion):
    """Isotropic noise of constant strength, ``D(x) = D``: gradient Langevin dynamics.

    Attributes
    ----------
    diffusion : float
        ``D``, in units of position² per ``t``.
    """

    __slots__ = ()
    name = "constant"
    follows_loss = False
    is_constant = True
    needs_positive_loss = False

    @classmethod
    def at_minimum(
        cls, hessian: NDArray[np.float64], loss: float, *, temperature: float, noise_scale: float
    ) -> Self:
        """Return loss-proportional noise of this temperature, frozen at the minimum's loss."""
        return cls(temperature * require_positive("loss", loss))

    def modulation(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``s(x) = 1``, whatever ``x``."""
        return 1.0

    def potential(self, landscape: LandscapeLike, x: Any) -> Any:
        """Return ``U(x) = L(x)``."""
        return landscape.loss(x)

    def kick(self, x: Any, amplitude: Any, normal: Any) -> Vector:
        """Return ``x + amplitude M^{1/2} normal``, ``M = D``."""
        return displace(x, amplitude * np.sqrt(self.diffusion), normal)

    def spread(self, direction: Any) -> Any:
        """Return ``sqrt(eᵀ M e)`` for a unit vector ``e``."""
        return np.sqrt(self.diffusion)

    def matrix(self, dimension: int) -> NDArray[np.float64]:
        """Return ``M``, shape ``(dimension, dimension)``."""
        return self.diffusion * np.eye(dimension)

    def diffusivity_gradient(self, landscape: LandscapeLike, x: Any) -> Vector:
        """Return ``M ∇s = 0``."""
        return scale(0.0, x)


def require_noise_model(noise: object) -> None:
    """Refuse what is no noise model.

    Raises
    ------
    InputError
        If it is a class, or lacks what every noise model must say.
    """
    if isinstance(noise, type):
        name = noise.__name__
        raise InputError(f"noise {name} is a class; give it its numbers, {name}(...)")
    for attribute in ("name", "follows_loss", "is_constant", "needs_positive_loss", "matrix"):
        if not hasattr(noise, attribute):
            raise InputError(
                f"noise {noise!r} does not say {attribute!r}; take a model of the package, or "
                "write it on the class, as NoiseModel has it"
            )


def check_noise(noise: NoiseModel, dimension: int) -> None:
    """Refuse a noise that is incomplete, of another dimension, or of negative strength.

    Raises
    ------
    InputError
        As :func:`require_noise_model`, or if ``M`` is not a matrix for this number of
        coordinates, not finite, or has a negative eigenvalue.
    """
    require_noise_model(noise)
    if not _is_made_of_numbers(noise):
        raise InputError(f"{noise!r} must be made of numbers that are finite")
    matrix = np.asarray(noise.matrix(dimension), dtype=np.float64)
    if matrix.shape != (dimension, dimension):
        raise InputError(
            f"{noise!r} has a matrix of shape {matrix.shape} for {dimension} coordinates; let its "
            "method matrix return (dimension, dimension)"
        )
    strengths = np.linalg.eigvalsh(matrix) if np.isfinite(matrix).all() else np.array([np.nan])
    if not strengths[0] >= -_ROUNDING * abs(strengths).max():
        raise InputError(
            f"{noise!r} has the strength {strengths[0]:g}; its numbers must be positive and finite"
        )


def _is_made_of_numbers(value: object) -> bool:
    """Return whether a NamedTuple has nothing but numbers in it, which the kernels need."""
    if isinstance(value, tuple):
        return all(map(_is_made_of_numbers, value))
    return math.isfinite(as_float(value))
