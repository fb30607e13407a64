"""How strong the noise of an escape is: by SGD's settings, by a temperature or by a noise model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel, check_noise, require_noise_model
from landscape_sim.dynamics.noise_registry import noise_family
from landscape_sim.landscapes import CriticalPoint, EscapeDirection, LandscapeLike, coordinates
from landscape_sim.theory.power_law import effective_temperature
from landscape_sim.validation import InputError, require_positive


@dataclass(frozen=True)
class Strength:
    """A noise by name with ``η`` and ``B``, or ``T`` in their place; or a noise model alone.

    Attributes
    ----------
    noise : str or NoiseModel
        A registered name, or a model that has its strength.
    learning_rate, batch_size, temperature, outlier_curvature : float or None
        What was given.
    """

    noise: str | NoiseModel
    learning_rate: float | None
    batch_size: float | None
    temperature: float | None
    outlier_curvature: float | None

    @classmethod
    def read(
        cls,
        noise: str | NoiseModel,
        learning_rate: float | None,
        batch_size: float | None,
        temperature: float | None,
        outlier_curvature: float | None,
    ) -> Strength:
        """Return what was given, its numbers checked.

        Raises
        ------
        InputError
            If there is no such noise, its strength is missing or given twice, or a number is
            not positive.
        """
        strength = cls(
            noise,
            _optional("learning_rate", learning_rate),
            _optional("batch_size", batch_size),
            _optional("temperature", temperature),
            _optional("outlier_curvature", outlier_curvature),
        )
        if isinstance(noise, str):
            noise_family(noise)
            strength._require_one()
        else:
            require_noise_model(noise)
            strength._require_none()
        return strength

    def at(
        self, landscape: LandscapeLike, minimum: CriticalPoint, direction: EscapeDirection
    ) -> tuple[NoiseModel, float, float]:
        """Return the noise at the minimum, its temperature ``T = η h*/B`` and ``h*``.

        Raises
        ------
        InputError
            If SGD would diverge at the minimum, the noise model is not one for it, or ``T``
            needs a curvature that is zero.
        """
        curvature = self.outlier_curvature or direction.curvature
        if not isinstance(self.noise, str):
            check_noise(self.noise, len(minimum.position))
            return (
                self.noise,
                _temperature_along(self.noise, landscape, minimum, direction),
                curvature,
            )
        temperature, noise_scale = self._of_name(minimum, curvature)
        model = noise_family(self.noise).at_minimum(
            np.asarray(landscape.hessian(minimum.position)),
            minimum.loss,
            temperature=temperature,
            noise_scale=noise_scale,
        )
        if not np.all(np.isfinite(model.matrix(len(minimum.position)))):
            raise InputError(
                f"the noise {self.noise!r} vanishes at the minimum {coordinates(minimum.position)},"
                " which is flat along the escape; choose isotropic or constant noise"
            )
        return model, temperature, curvature

    def _of_name(self, minimum: CriticalPoint, curvature: float) -> tuple[float, float]:
        """Return ``T`` and ``η/B``, which is NaN where it would take a curvature of zero."""
        if self.temperature is not None:
            temperature = self.temperature
            noise_scale = temperature / curvature if curvature > 0.0 else math.nan
        elif curvature > 0.0:
            assert self.learning_rate is not None
            assert self.batch_size is not None
            _check_stability(minimum, self.learning_rate)
            temperature = effective_temperature(self.learning_rate, self.batch_size, curvature)
            noise_scale = self.learning_rate / self.batch_size
        else:
            raise InputError(
                f"the minimum {coordinates(minimum.position)} is flat along the escape, so that "
                "T = η h*/B is zero; give temperature in place of η and B, or outlier_curvature "
                "for h*"
            )
        if not math.isfinite(1.0 / temperature if temperature else math.inf):
            raise InputError(
                f"T = {temperature:g} is so small that 1/T exceeds every float; raise it, or η/B"
            )
        if math.isinf(noise_scale):
            raise InputError(
                f"η/B = T/h* = {temperature:g}/{curvature:g} exceeds every float; lower the "
                "temperature or raise outlier_curvature"
            )
        return temperature, noise_scale

    def _require_one(self) -> None:
        sgd = self.learning_rate, self.batch_size
        given = [value is not None for value in (*sgd, self.temperature)]
        if given not in ([True, True, False], [False, False, True]):
            raise InputError(
                "give learning_rate and batch_size, or temperature in their place, got "
                f"{self.learning_rate!r}, {self.batch_size!r} and {self.temperature!r}"
            )

    def _require_none(self) -> None:
        names = "learning_rate", "batch_size", "temperature", "outlier_curvature"
        given = [name for name in names if getattr(self, name) is not None]
        if given:
            raise InputError(
                f"{self.noise!r} says how strong the noise is; leave {', '.join(given)} out, or "
                "name the noise"
            )


def _optional(name: str, value: float | None) -> float | None:
    return None if value is None else require_positive(name, value)


def _check_stability(minimum: CriticalPoint, learning_rate: float) -> None:
    largest = float(minimum.eigenvalues[-1])
    if learning_rate * largest >= 2.0:
        raise InputError(
            f"learning_rate {learning_rate:g} makes SGD diverge at a curvature of {largest:g}; "
            f"keep it below 2/h = {2.0 / largest:g}"
        )


def _temperature_along(
    noise: NoiseModel, landscape: LandscapeLike, minimum: CriticalPoint, direction: EscapeDirection
) -> float:
    """Return what a noise model has along the escape: ``T = s(x*) eᵀMe/L*``."""
    return require_positive(
        f"the strength of {noise!r} along the escape, over L*,",
        strength_along(noise, landscape, minimum, direction) / minimum.loss,
    )


def strength_along(
    noise: NoiseModel, landscape: LandscapeLike, minimum: CriticalPoint, direction: EscapeDirection
) -> float:
    """Return ``s(x*) eᵀMe``: the diffusivity at the minimum along the direction of escape."""
    modulation = float(noise.modulation(landscape, minimum.position))
    return modulation * float(noise.spread(direction.vector)) ** 2


def strongest_temperature(
    noise: NoiseModel, landscape: LandscapeLike, minimum: CriticalPoint
) -> float:
    """Return the largest ``s(x*) vᵀMv/L*`` of any direction: ``η h_max/B`` if ``M ∝ H*``."""
    largest = float(np.linalg.eigvalsh(noise.matrix(len(minimum.position)))[-1])
    return float(noise.modulation(landscape, minimum.position)) * largest / minimum.loss
