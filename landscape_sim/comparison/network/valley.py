"""Mean times until the loss has grown ``c`` times in the valley of a measured minimum.

For a network all that is measured of its minimum is ``L*`` and the outliers of the Hessian. The
matching toy is the quadratic valley: isotropic, ``n`` directions of curvature ``h*``, where the
leading power law, the exact radial solution and a simulation stand side by side; or with every
measured curvature ``h_i`` in its place and noise ``(2η/B) L H``, where there is the simulation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from landscape_sim.dynamics import HessianAlignedNoise, LossProportionalNoise, NoiseModel
from landscape_sim.ensembles import simulate
from landscape_sim.ensembles.step_ladder import StepLadder
from landscape_sim.exact.line.radial import radial_mean_first_passage_time
from landscape_sim.landscapes import QuadraticBowl
from landscape_sim.models import LossLevel
from landscape_sim.results import Rate
from landscape_sim.seeds import case_seed
from landscape_sim.theory.power_law import effective_temperature, power_law_exponent
from landscape_sim.theory.valley_passage import valley_passage_time
from landscape_sim.validation import InputError

#: A simulation in more dimensions takes minutes to compile.
LARGEST_SIMULATED_DIMENSION = 16
#: Some seconds to a minute: a passage that is rarer has the exact solution only.
_MOST_PATH_STEPS = 1e9

#: Exponent, leading order and exact mean time, where there is one.
_Answers = tuple[float | None, float | None, float | None]


@dataclass(frozen=True)
class ValleyPassage:
    """Mean times, per unit of ``t = ηk``, until the loss is ``c L*``.

    Attributes
    ----------
    threshold : float
        ``c``.
    exponent : float or None
        ``B/(η h*) + 1 − n/2``; None in an anisotropic valley, which has no single one.
    formula : float or None
        Leading order of the power law; None at or beyond the critical dimension, and in an
        anisotropic valley.
    exact : float or None
        By quadrature; None in an anisotropic valley.
    simulated : Rate or None
        Its rate is one over the mean time; None in more than 16 dimensions, and where the
        passage is too rare.
    refusal : str or None
        Why there is no simulation.
    """

    threshold: float
    exponent: float | None
    formula: float | None
    exact: float | None
    simulated: Rate[StepLadder] | None
    refusal: str | None


# Wide: what was measured of the minimum, the settings of SGD and those of the simulation
def isotropic_valley_passages(
    thresholds: Sequence[float],
    *,
    loss: float,
    outlier_curvature: float,
    n_outliers: int,
    learning_rate: float,
    batch_size: float,
    relative_error: float = 0.02,
    seed: int = 0,
    after_threshold: Callable[[], None] | None = None,
) -> list[ValleyPassage]:
    """Return formula, exact and simulated mean times in ``L* + ½ h* r²`` of ``n`` dimensions.

    Parameters
    ----------
    thresholds : sequence of float
        Values of ``c``, all above 1.
    loss : float
        ``L*``. It sets the length scale only: no time depends on it.
    outlier_curvature, n_outliers, learning_rate, batch_size
        ``h*``, ``n``, ``η`` and ``B``.
    relative_error : float
        Accuracy of the simulation.
    seed : int
        Of the simulation.
    after_threshold : callable, optional
        Called after each threshold.

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    Mori, Ziyin, Liu and Ueda, *Power-Law Escape Rate of SGD*, ICML 2022, Sec. 5.3 (ii).
    """
    _check_thresholds(thresholds)
    temperature = effective_temperature(learning_rate, batch_size, outlier_curvature)
    valley = QuadraticBowl.isotropic(loss, outlier_curvature, n_outliers)
    noise = LossProportionalNoise(temperature)
    exponent = power_law_exponent(temperature, n_outliers)

    def answers(threshold: float) -> _Answers:
        formula = None
        if exponent > 0:
            formula = valley_passage_time(
                threshold,
                temperature=temperature,
                outlier_curvature=outlier_curvature,
                n_outliers=n_outliers,
            )
        radius = (2 * loss * (threshold - 1) / outlier_curvature) ** 0.5
        return exponent, formula, radial_mean_first_passage_time(valley, noise, radius).mean_time

    simulation = _Simulation(valley, noise, relative_error, seed)
    return _passages(thresholds, simulation, answers, after_threshold)


def anisotropic_valley_passages(
    thresholds: Sequence[float],
    *,
    loss: float,
    curvatures: Sequence[float],
    learning_rate: float,
    batch_size: float,
    relative_error: float = 0.02,
    seed: int = 0,
    after_threshold: Callable[[], None] | None = None,
) -> list[ValleyPassage]:
    """Return simulated mean times in ``L* + ½ Σ h_i x_i²`` under the noise ``(2η/B) L H``.

    Parameters
    ----------
    curvatures : sequence of float
        ``h_i``, all positive, 16 at most.
    thresholds, loss, learning_rate, batch_size, relative_error, seed, after_threshold
        As in :func:`isotropic_valley_passages`.

    Raises
    ------
    InputError
        If an argument is out of range.
    """
    _check_thresholds(thresholds)
    if not curvatures or not min(curvatures) > 0:
        raise InputError(f"curvatures must all be positive, got {list(curvatures)}")
    if len(curvatures) > LARGEST_SIMULATED_DIMENSION:
        raise InputError(
            f"{len(curvatures)} curvatures are more than {LARGEST_SIMULATED_DIMENSION}; give the "
            "largest ones"
        )
    valley = QuadraticBowl(loss, tuple(curvatures))
    noise = HessianAlignedNoise.from_hessian(np.diag(curvatures), learning_rate, batch_size)
    simulation = _Simulation(valley, noise, relative_error, seed)
    return _passages(thresholds, simulation, lambda _: (None, None, None), after_threshold)


def _passages(
    thresholds: Sequence[float],
    simulation: _Simulation,
    answers: Callable[[float], _Answers],
    after_threshold: Callable[[], None] | None,
) -> list[ValleyPassage]:
    """Return the passages with these exponents, leading orders and exact times."""
    found = []
    for number, threshold in enumerate(thresholds):
        simulated = simulation.run(threshold, number)
        found.append(ValleyPassage(threshold, *answers(threshold), *simulated))
        if after_threshold is not None:
            after_threshold()
    return found


@dataclass(frozen=True)
class _Simulation:
    """How a valley is simulated; every threshold has a stream of its own."""

    valley: QuadraticBowl
    noise: NoiseModel
    relative_error: float
    seed: int

    def run(self, threshold: float, number: int) -> tuple[Rate[StepLadder] | None, str | None]:
        """Return the simulated rate, or why there is none."""
        n = len(self.valley.curvatures)
        if n > LARGEST_SIMULATED_DIMENSION:
            return None, f"{n} dimensions are more than {LARGEST_SIMULATED_DIMENSION}"
        try:
            rate = simulate(
                self.valley,
                self.noise,
                (0.0,) * n,
                LossLevel(self.valley, threshold * self.valley.floor),
                relative_error=self.relative_error,
                max_path_steps=_MOST_PATH_STEPS,
                seed=case_seed(self.seed, number),
            )
        except InputError as refusal:
            return None, str(refusal)
        return rate, None


def _check_thresholds(thresholds: Sequence[float]) -> None:
    if not thresholds or not min(thresholds) > 1 or not max(thresholds) < np.inf:
        raise InputError(f"thresholds must all be above 1 and finite, got {list(thresholds)}")
