"""The whole law of a first-passage time: spread, survival, and how far it is exponential."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landscape_sim.dynamics.noise import NoiseModel
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.exact.plane.absorption import Absorption
from landscape_sim.exact.plane.frame import Array
from landscape_sim.exact.plane.framing import make_frame
from landscape_sim.exact.plane.generator import Chain
from landscape_sim.exact.plane.refinement import extrapolate, solve_thrice
from landscape_sim.exact.plane.region import find_region
from landscape_sim.exact.plane.relaxation import Relaxation, relax, survival
from landscape_sim.landscapes.contract import LandscapeLike, Position
from landscape_sim.landscapes.domain import Domain, read_position
from landscape_sim.landscapes.images import on_closed_axes
from landscape_sim.landscapes.targets import Target, check_passage
from landscape_sim.validation import InputError

_MEAN_TIMES = np.linspace(0.05, 5.0, 100)


@dataclass(frozen=True, eq=False)
class PassageDistribution(PassageTime):
    """The law of a first-passage time.

    Attributes
    ----------
    log_mean_time : float
        Natural logarithm of the mean time, in units of ``t = ηk``.
    relative_error : float
        Largest estimated relative error of mean time, coefficient of variation and the two
        rates; at most 1 %.
    coefficient_of_variation : float
        Standard deviation over mean: one for an exponential time.
    log_exit_rate : float
        ``log λ_1``: the rate at which the last paths leave, the smallest eigenvalue of the
        generator.
    relaxation_rate : float
        ``λ_2``, the real part of the second eigenvalue: after some ``1/λ_2`` the paths have
        forgotten where they began, and leave at the exit rate.
    amplitude : float
        ``c`` in ``S(t) → c e^{−λ_1 t}``: above one if the start lies deep in the well, below if
        paths that begin there are soon gone.
    times : ndarray, shape (m,)
        In units of ``t``, ascending as they were given.
    survival : ndarray, shape (m,)
        ``S(t) = P(passage after t)``.
    survival_error : ndarray, shape (m,)
        Estimated errors of ``S``.
    """

    coefficient_of_variation: float
    log_exit_rate: float
    relaxation_rate: float
    amplitude: float
    times: Array
    survival: Array
    survival_error: Array

    @property
    def variance(self) -> float:
        """Variance of the time; infinite where it exceeds the largest float."""
        with np.errstate(over="ignore"):
            return float(np.square(self.coefficient_of_variation * self.mean_time))

    @property
    def exit_rate(self) -> float:
        """``λ_1`` per unit of ``t``; zero where it is below the smallest float."""
        return float(np.exp(self.log_exit_rate))

    @property
    def memory(self) -> float:
        """``λ_1/λ_2``: how much of an escape is over before its start is forgotten.

        The law is exponential up to some times this: an escape of memory 0.001 is memoryless to
        better than 1 %.
        """
        return self.exit_rate / self.relaxation_rate


def passage_time_distribution(
    landscape: LandscapeLike,
    noise: NoiseModel,
    start: Position,
    target: Target,
    *,
    times: Sequence[float] | None = None,
    n_cells: int = 400,
    domain: Domain | None = None,
) -> PassageDistribution:
    """Return the law of the time from ``start`` into ``target``, exactly.

    On a grid of one or two coordinates, as :func:`landscape_sim.plane_mean_first_passage_time`
    has it, with the generator ``Q`` among the states outside the target: the mean solves
    ``−Q u = 1``, the second moment ``−Q v = 2 u``, and the survival is the entry of ``e^{Qt} 1`` at
    the start: from Krylov spaces until all modes but the slowest have died out, and from that one
    afterwards.

    Parameters
    ----------
    landscape, noise, start, target, domain
        As for :func:`landscape_sim.mean_first_passage_time`; in one dimension on a grid too.
    times : sequence of float, optional
        At which the survival is wanted, positive; by default a hundred up to five times the mean.
    n_cells : int
        Cells along each axis.

    Returns
    -------
    PassageDistribution
        Moments, the two slowest rates and the survival curve.

    Raises
    ------
    InputError
        As :func:`landscape_sim.mean_first_passage_time`, if the two slowest modes are equally
        fast, or a time is not positive and finite.

    References
    ----------
    Gardiner, *Handbook of Stochastic Methods* (3rd ed.), sections 5.2.7 and 5.4; Collet, Martínez
    and San Martín, *Quasi-Stationary Distributions* (2013), ch. 2, for the exponential end.

    Examples
    --------
    Free diffusion out of ``(−1, 1)``: the variance is 1/6 of a mean squared of 1/4.

    >>> from landscape_sim.dynamics import ConstantNoise
    >>> from landscape_sim.landscapes import Outside, QuadraticBowl
    >>> flat, out = QuadraticBowl(1.0, (1e-12,)), Outside((0.0,), 1.0)
    >>> law = passage_time_distribution(flat, ConstantNoise(1.0), (0.0,), out)
    >>> round(law.coefficient_of_variation**2, 4), round(law.exit_rate / np.pi**2, 4)
    (0.6667, 0.25)
    """
    start = read_position("start", start)
    target = on_closed_axes(target, start, domain)
    check_passage(landscape, start, target)
    given = None if times is None else _read_times(times)
    frame = make_frame(landscape, noise, start, target, domain, may_close=True)
    grid = find_region(frame, (target,), n_cells)
    laws = solve_thrice(grid, _law)
    logs = zip(*(law.logs for law in laws), strict=True)
    values, errors = zip(*(extrapolate(grid, three) for three in logs), strict=True)
    log_mean, log_variation, log_exit_rate, log_relaxation = values
    asked = np.exp(log_mean) * _MEAN_TIMES if given is None else given
    curve, error = _survival(laws, asked)
    return PassageDistribution(
        log_mean_time=log_mean,
        relative_error=max(errors),
        coefficient_of_variation=float(np.exp(log_variation)),
        log_exit_rate=log_exit_rate,
        relaxation_rate=float(np.exp(log_relaxation)),
        amplitude=laws[0].modes.amplitude,
        times=asked,
        survival=curve,
        survival_error=error,
    )


@dataclass(frozen=True, eq=False)
class _Law:
    """What is known on one grid: a chain, its mean time, relative spread and slowest modes."""

    chain: Chain
    log_mean: float
    log_variation: float
    modes: Relaxation

    @property
    def logs(self) -> tuple[float, ...]:
        log_rates = self.modes.log_exit_rate, float(np.log(self.modes.relaxation_rate))
        return self.log_mean, self.log_variation, *log_rates


def _law(chain: Chain) -> _Law:
    absorption = Absorption(chain)
    mean = absorption.solve(np.ones(chain.exits.shape[1]))
    at_start = mean[chain.start]
    # In units of the mean: the squares of long times overflow.
    second_moment = absorption.solve(2.0 * mean / at_start)[chain.start] / at_start
    modes = relax(chain, absorption)
    return _Law(chain, float(np.log(at_start)), float(np.log(second_moment - 1.0)) / 2, modes)


def _survival(laws: Sequence[_Law], times: Array) -> tuple[Array, Array]:
    """Return the curve at zero spacing, and its error: of the spacing and of the curves."""
    curves, errors = zip(*(survival(law.chain, law.modes, times) for law in laws), strict=True)
    full, half, quarter = curves
    better, best = half + (half - quarter) / 3, full + (full - half) / 3
    error = np.abs(best - better) + np.abs(best - full) / 16 + errors[0]
    return np.clip(best, 0.0, 1.0), error


def _read_times(times: Sequence[float]) -> Array:
    values = np.asarray(times, dtype=np.float64)
    if values.ndim != 1 or not (np.isfinite(values) & (values > 0.0)).all():
        raise InputError(f"times must be positive and finite numbers, got {times!r}")
    return values
