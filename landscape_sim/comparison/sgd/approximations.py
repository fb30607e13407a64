r"""The chain of approximations between SGD and the escape formula, link by link.

For phase regression, the rate of leaving a minimum for either neighbour under

a. mini-batch SGD on this data set (exactly, and simulated),
b. the chain ``θ' = θ − η L' + η Σ^{1/2} ξ`` with Gaussian noise of the exact covariance,
c. the stochastic differential equation with the exact covariance,
c'. the same with the second moment ``E ∇ℓ ∇ℓᵀ/B = 2 E[ℓ C]/B`` for a covariance,
d. the same with the decoupled covariance ``2 L H*/B``,
e. Eq. (15), both of whose forms are one here, summed over the two saddles,

and beside them SGD's own law of large deviations, which takes none of the steps below.

Each step to the next costs one approximation: that the noise is Gaussian, that ``η`` is small, that
``∇L ∇Lᵀ`` is negligible in the covariance, that the samples' losses and their Gauss–Newton matrices
are uncorrelated, and Kramers' asymptotics.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from landscape_sim.columns import Column
from landscape_sim.comparison.cases import StudyCase
from landscape_sim.comparison.refusals import attempt, named_case
from landscape_sim.comparison.sgd.phase_problem import PhaseProblem, Phases
from landscape_sim.comparison.sgd.study import ApproximationSetting, ApproximationStudy
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.ensembles.sgd import simulate_sgd_first_passage
from landscape_sim.estimators import estimate_rate
from landscape_sim.exact.line.interval import interval_exit_time
from landscape_sim.exact.update.landing_law import JumpLaw, gaussian_law
from landscape_sim.exact.update.transition import discrete_mean_first_passage_time
from landscape_sim.landscapes import Outside
from landscape_sim.large_deviations.sgd_law import sgd_escape_law
from landscape_sim.models import phase_regression
from landscape_sim.results import RateEstimate
from landscape_sim.seeds import case_seed
from landscape_sim.theory.power_law import power_law_escape_rate

Rate = tuple[float, float]

STEPS = ("sgd", "gaussian_chain", "exact_noise", "second_moment", "decoupled", "formula")
#: The law of (a) itself.
LAW = "law"
LINKS = ("gaussian_noise", "small_learning_rate", "mean_gradient", "decoupling", "kramers")
_FEWEST_RUNS = 20
_MAX_TIMES = 5.0


def approximate_rates(
    problem: PhaseProblem,
    rule: SGD,
    n_nodes: int = 600,
    *,
    steps: Sequence[str] = (*STEPS, LAW),
    reasons: list[str] | None = None,
) -> dict[str, Rate | None]:
    """Return the rates (a) to (e) and the law's, or some of them, with their errors.

    They are per unit of ``t = ηk``. A rate that its solver refuses is None, and the refusal joins
    ``reasons``.
    """
    data, eta, n_batch = problem.data, rule.learning_rate, rule.batch_size
    h = float(problem.minimum.eigenvalues[0])
    normal = gaussian_law(
        lambda x: -eta * problem.slope(x),
        lambda x: eta * math.sqrt(problem.covariance(np.array(x)) / n_batch),
    )
    solvers: dict[str, Callable[[], Rate]] = {
        "sgd": lambda: _chain(problem, data.sgd_jumps(eta), eta, n_batch, n_nodes),
        "gaussian_chain": lambda: _chain(problem, normal, eta, 1, n_nodes),
        "exact_noise": lambda: _diffusion(problem, rule, problem.covariance),
        "second_moment": lambda: _diffusion(problem, rule, problem.second_moment),
        "decoupled": lambda: _diffusion(problem, rule, lambda x: 2 * h * data.landscape.loss((x,))),
        "formula": lambda: (_formula(problem, rule, h), 0.0),
        LAW: lambda: (sgd_escape_law(data, rule, problem.minimum.position).rate, 0.0),
    }
    reasons = [] if reasons is None else reasons
    return {step: attempt(reasons, f"rate_{step}", solvers[step]) for step in steps}


def _chain(
    problem: PhaseProblem, jumps: JumpLaw, learning_rate: float, batch_size: int, n_nodes: int
) -> Rate:
    """Return the rate of a chain whose jump is the mean of so many of these."""
    found = discrete_mean_first_passage_time(
        jumps, *problem.ends, batch_size=batch_size, n_nodes=n_nodes
    )
    rate = 1 / (learning_rate * found.mean_steps)
    return rate, rate * found.relative_error


def _diffusion(problem: PhaseProblem, rule: SGD, covariance: Callable[[Phases], Phases]) -> Rate:
    """Return the rate of the differential equation with this covariance of one sample."""
    eta, n_batch = rule.learning_rate, rule.batch_size
    found = interval_exit_time(
        lambda x: -problem.slope(x), lambda x: 0.5 * eta * covariance(x) / n_batch, *problem.ends
    )
    return found.rate, found.rate * found.relative_error


def _formula(problem: PhaseProblem, rule: SGD, curvature: float) -> float:
    return sum(
        power_law_escape_rate(
            problem.minimum,
            saddle,
            learning_rate=rule.learning_rate,
            batch_size=rule.batch_size,
            outlier_curvature=curvature,
        ).rate
        for saddle in problem.saddles
    )


def ratio_of(before: Rate | None, after: Rate | None) -> Rate | None:
    """Return the ratio of two rates and its error, the relative ones added."""
    if before is None or after is None or not after[0] > 0:
        return None
    ratio = before[0] / after[0]
    return ratio, before[1] / after[0] + ratio * after[1] / after[0]


def simulated_sgd_rate(
    problem: PhaseProblem, rule: SGD, mean_time: float, study: ApproximationStudy, seed: int
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


def approximation_cases(study: ApproximationStudy) -> list[StudyCase[dict[str, Any]]]:
    """Return what computes a row for every setting: the rates, the simulated one, five links.

    In a row, a number that cannot be had is None, and ``refusals`` says why.

    Raises
    ------
    InputError
        If ``B > N`` or a learning rate exceeds ``2/h``.
    """
    problems = {
        sigma: PhaseProblem.of_data(
            phase_regression(label_noise=sigma, n_samples=study.data_samples, seed=study.seed)
        )
        for sigma in {setting.label_noise for setting in study.settings}
    }
    for setting in study.settings:
        problem = problems[setting.label_noise]
        with named_case(_name(setting)):
            problem.data.require_batch_size(setting.batch_size)
            problem.data.require_stable(problem.minimum.position, setting.learning_rate)
    return [
        StudyCase(
            _name(setting),
            partial(_row, study, problems[setting.label_noise], setting, number),
            study.asked_by_case(number, ("settings",), tuple(setting.model_dump().values())),
        )
        for number, setting in enumerate(study.settings)
    ]


def _name(setting: ApproximationSetting) -> str:
    return f"η = {setting.learning_rate:g}, B = {setting.batch_size}, σ = {setting.label_noise:g}"


def _row(
    study: ApproximationStudy, problem: PhaseProblem, setting: ApproximationSetting, number: int
) -> dict[str, Any]:
    rule, reasons = SGD(setting.learning_rate, setting.batch_size), list[str]()
    rates = approximate_rates(problem, rule, study.exact_nodes, reasons=reasons)
    sgd, after = rates["sgd"], rates["gaussian_chain"]
    simulated = None
    if sgd is not None:
        seed = case_seed(study.seed, number)
        simulated = simulated_sgd_rate(problem, rule, 1 / sgd[0], study, seed)
    row: dict[str, Any] = {
        **setting.model_dump(),
        "temperature": setting.learning_rate
        * float(problem.minimum.eigenvalues[0])
        / setting.batch_size,
        "loss_ratio": min(s.loss for s in problem.saddles) / problem.minimum.loss,
        **_with_errors({f"rate_{step}": rate for step, rate in rates.items()}),
        **_simulated_columns(simulated, after and after[0]),
        "confidence_level": study.confidence_level,
    }
    links = {
        f"link_{link}": ratio_of(rates[STEPS[i]], rates[STEPS[i + 1]])
        for i, link in enumerate(LINKS)
    }
    whole = {"total": ratio_of(sgd, rates["formula"]), "law_over_sgd": ratio_of(rates[LAW], sgd)}
    row |= _with_errors({**links, **whole})
    return row | {"refusals": "; ".join(reasons) or None}


def _with_errors(values: dict[str, Rate | None]) -> dict[str, float | None]:
    columns: dict[str, float | None] = {}
    for name, value in values.items():
        columns[name], columns[f"{name}_error"] = value or (None, None)
    return columns


def _simulated_columns(simulated: RateEstimate | None, after: float | None) -> dict[str, Any]:
    """Return the simulated rate, and with it the first link, which alone has a simulated end."""
    names = ("rate_simulated", "low", "high")
    runs = ("n_runs", "n_events", "n_censored")
    links = tuple(f"link_gaussian_noise_{name}" for name in ("simulated", "low", "high"))
    if simulated is None:
        return dict.fromkeys((*names, *runs, *links))
    rates = (simulated.rate, simulated.interval.low, simulated.interval.high)
    counts = (simulated.n_events, simulated.n_censored)
    ratios = [rate / after if after else None for rate in rates]
    return dict(zip((*names, *runs, *links), (*rates, sum(counts), *counts, *ratios), strict=True))


COLUMNS = (
    Column("η", "{learning_rate:g}"),
    Column("B", "{batch_size:d}"),
    Column("σ", "{label_noise:g}"),
    Column("(a) SGD", "{rate_sgd:.3e}"),
    Column("runs", "{n_runs:d}"),
    Column("low", "{low:.2e}"),
    Column("high", "{high:.2e}"),
    Column("a/b Gauss", "{link_gaussian_noise:.3g}"),
    Column("low", "{link_gaussian_noise_low:.3g}"),
    Column("high", "{link_gaussian_noise_high:.3g}"),
    Column("b/c small η", "{link_small_learning_rate:.3g}"),
    Column("c/c' ∇L∇Lᵀ", "{link_mean_gradient:.3g}"),
    Column("c'/d decoupl.", "{link_decoupling:.3g}"),
    Column("d/e Kramers", "{link_kramers:.3g}"),
    Column("a/e", "{total:.3g}"),
    Column("law/a", "{law_over_sgd:.3g}"),
)
