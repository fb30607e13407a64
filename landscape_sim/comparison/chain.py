r"""The chain of approximations between SGD and the escape formula, link by link.

For phase regression, the rate of leaving a minimum for either neighbour under

a. mini-batch SGD on this data set (exactly, and simulated),
b. the chain ``θ' = θ − η L' + η Σ^{1/2} ξ`` with Gaussian noise of the exact covariance,
c. the stochastic differential equation with the exact covariance,
d. the same with the decoupled covariance ``2 L H*/B``,
e. Eq. (15), summed over the two saddles.

Each step to the next costs one approximation: that the noise is Gaussian, that ``η`` is small, that
the samples' losses and their Gauss–Newton matrices are uncorrelated, and Kramers' asymptotics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.comparison.regression_studies import ChainSetting, ChainStudy, case_seed
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.ensembles.sgd import simulate_sgd_first_passage
from landscape_sim.estimators import estimate_rate
from landscape_sim.exact.discrete_chain import discrete_mean_first_passage_time
from landscape_sim.exact.interval import interval_exit_time
from landscape_sim.exact.landing_law import gaussian_law
from landscape_sim.landscapes import CriticalPoint, find_critical_points
from landscape_sim.models import DataSet, Outside, phase_regression
from landscape_sim.results import RateEstimate
from landscape_sim.theory.power_law import power_law_escape_rate
from landscape_sim.validation import InputError

LINKS = ("gaussian_noise", "small_learning_rate", "decoupling", "kramers")
_FEWEST_RUNS = 20
#: The covariance is a trigonometric polynomial of degree four: so many points determine it.
_COVARIANCE_POINTS = 16
_MAX_TIMES = 5.0


@dataclass(frozen=True)
class PhaseProblem:
    """One data set with its critical points.

    Attributes
    ----------
    data : DataSet
        Of phase regression.
    minimum : CriticalPoint
        Where SGD starts; the targets are its images at ``± 2π``.
    saddles : tuple of CriticalPoint
        On either side.
    covariance : callable
        Of one sample's gradient, as a function of an array of phases.
    """

    data: DataSet
    minimum: CriticalPoint
    saddles: tuple[CriticalPoint, CriticalPoint]
    covariance: Callable[[NDArray[np.float64]], NDArray[np.float64]]

    @classmethod
    def of_data(cls, data: DataSet) -> PhaseProblem:
        """Return the problem of leaving the minimum that is closest to zero."""
        points = find_critical_points(data.landscape)
        minimum = min((p for p in points if p.index == 0), key=lambda p: abs(p.position[0]))
        (centre,) = minimum.position
        saddles = [p for p in points if p.index == 1]
        left = max((p for p in saddles if p.position[0] < centre), key=lambda p: p.position)
        right = min((p for p in saddles if p.position[0] > centre), key=lambda p: p.position)
        return cls(data, minimum, (left, right), _periodic_covariance(data))


def _periodic_covariance(
    data: DataSet,
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    phases = 2 * np.pi * np.arange(_COVARIANCE_POINTS) / _COVARIANCE_POINTS
    values = [data.noise_covariance((phase,), 1, with_replacement=True)[0, 0] for phase in phases]
    coefficients = np.fft.rfft(values) / _COVARIANCE_POINTS

    def covariance(x: NDArray[np.float64]) -> NDArray[np.float64]:
        waves = np.exp(1j * np.multiply.outer(x, np.arange(1, coefficients.size)))
        return np.asarray(coefficients[0].real + 2 * (waves @ coefficients[1:]).real)

    return covariance


def chain_rates(problem: PhaseProblem, rule: SGD, n_nodes: int = 600) -> dict[str, float]:
    """Return the rates (a) to (e), per unit of ``t = ηk``, and the error of (a).

    Raises
    ------
    InputError
        If an exact solver refuses.
    """
    data, (start,) = problem.data, problem.minimum.position
    landscape, eta, n_batch = data.landscape, rule.learning_rate, int(rule.batch_size)
    ends = (start, start - 2 * np.pi, start + 2 * np.pi)
    equal = np.full(data.n_samples, 1.0 / data.n_samples)
    curvature = float(problem.minimum.eigenvalues[0])

    def slope(x: Any) -> Any:
        return landscape.gradient((x,))[0]

    sgd = discrete_mean_first_passage_time(
        lambda x: (-eta * data.sample_gradients((x,))[0], equal),
        *ends,
        batch_size=n_batch,
        n_nodes=n_nodes,
    )
    gaussian = discrete_mean_first_passage_time(
        gaussian_law(
            lambda x: -eta * slope(x),
            lambda x: eta * float(np.sqrt(problem.covariance(np.array(x)) / n_batch)),
        ),
        *ends,
        n_nodes=n_nodes,
    )
    exact_noise = interval_exit_time(
        lambda x: -slope(x), lambda x: 0.5 * eta * problem.covariance(x) / n_batch, *ends
    )
    decoupled = interval_exit_time(
        lambda x: -slope(x), lambda x: eta / n_batch * landscape.loss((x,)) * curvature, *ends
    )
    formula = sum(
        power_law_escape_rate(
            problem.minimum,
            saddle,
            learning_rate=eta,
            batch_size=n_batch,
            outlier_curvature=curvature,
        ).rate
        for saddle in problem.saddles
    )
    return {
        "rate_sgd": 1 / (eta * sgd.mean_steps),
        "rate_sgd_error": sgd.relative_error / (eta * sgd.mean_steps),
        "rate_gaussian_chain": 1 / (eta * gaussian.mean_steps),
        "rate_exact_noise": exact_noise.rate,
        "rate_decoupled": decoupled.rate,
        "rate_formula": formula,
    }


def simulated_chain_rate(
    problem: PhaseProblem, rule: SGD, mean_time: float, study: ChainStudy, seed: int
) -> RateEstimate | None:
    """Return the simulated rate of SGD, or None where it would take too many steps.

    ``mean_time`` only plans the effort: runs are censored after five times as much.
    """
    steps = mean_time / rule.learning_rate
    n_paths = min(study.n_paths, int(study.max_path_steps / steps))
    if n_paths < _FEWEST_RUNS:
        return None
    sample = simulate_sgd_first_passage(
        problem.data,
        rule,
        problem.minimum.position,
        Outside(problem.minimum.position, 2 * np.pi),
        n_paths=n_paths,
        max_time=_MAX_TIMES * mean_time,
        seed=seed,
    )
    return estimate_rate(sample, study.confidence_level)


def chain_rows(study: ChainStudy) -> Iterator[dict[str, Any]]:
    """Yield one row for every setting: five rates, the simulated one and the four links.

    Raises
    ------
    InputError
        If a case cannot be run; learning rates and batch sizes are checked before the first.
    """
    problems = {
        sigma: PhaseProblem.of_data(
            phase_regression(label_noise=sigma, n_samples=study.data_samples, seed=study.seed)
        )
        for sigma in {setting.label_noise for setting in study.settings}
    }
    for setting in study.settings:
        problem = problems[setting.label_noise]
        problem.data.require_batch_size(setting.batch_size)
        bound = problem.data.stability_bound(problem.minimum.position)
        if setting.learning_rate >= bound:
            raise InputError(
                f"SGD diverges from the minimum at learning rate {setting.learning_rate:g}: the "
                f"stability bound 2/h is {bound:.6g}; lower learning_rate"
            )
    for number, setting in enumerate(study.settings):
        yield _row(study, problems[setting.label_noise], setting, number)


def _row(
    study: ChainStudy, problem: PhaseProblem, setting: ChainSetting, number: int
) -> dict[str, Any]:
    rule = SGD(setting.learning_rate, setting.batch_size)
    rates = chain_rates(problem, rule, study.exact_nodes)
    simulated = simulated_chain_rate(
        problem, rule, 1 / rates["rate_sgd"], study, case_seed(study.seed, number)
    )
    steps = ("sgd", "gaussian_chain", "exact_noise", "decoupled", "formula")
    names = [f"rate_{step}" for step in steps]
    links = {
        f"link_{link}": rates[before] / rates[after]
        for link, before, after in zip(LINKS, names, names[1:], strict=False)
    }
    h = float(problem.minimum.eigenvalues[0])
    return {
        **setting.model_dump(),
        "temperature": setting.learning_rate * h / setting.batch_size,
        "loss_ratio": min(s.loss for s in problem.saddles) / problem.minimum.loss,
        **rates,
        "rate_simulated": None if simulated is None else simulated.rate,
        "low": None if simulated is None else simulated.interval.low,
        "high": None if simulated is None else simulated.interval.high,
        "confidence_level": study.confidence_level,
        "n_events": None if simulated is None else simulated.n_events,
        "n_censored": None if simulated is None else simulated.n_censored,
        **links,
        "total": rates["rate_sgd"] / rates["rate_formula"],
    }
