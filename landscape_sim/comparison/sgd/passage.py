"""Section 5.3 (ii): the mean time until the loss of a linear regression has reached ``c L*``.

Against the paper's slope ``B/(η h*) + 1 − n/2``, the exact radial solution with the theory's noise,
the one with the gradient noise that Gaussian inputs really have, the law of large deviations of
SGD itself, for normal data and in one dimension for these data, and there the exact time of the
discrete chain. At small ``c`` the time is not yet a power of ``c``: slopes are
compared over the same range of ``c``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from landscape_sim.columns import Column
from landscape_sim.comparison.cases import StudyCase
from landscape_sim.comparison.refusals import attempt, named_case
from landscape_sim.comparison.sgd.study import PassageStudy
from landscape_sim.dynamics import LossProportionalNoise
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.ensembles.sgd import simulate_sgd_first_passage
from landscape_sim.estimators import estimate_rate
from landscape_sim.exact.line.passage import PassageTime
from landscape_sim.exact.line.radial import radial_mean_first_passage_time
from landscape_sim.exact.line.regression_radial import regression_passage_time
from landscape_sim.exact.update.transition import discrete_mean_first_passage_time
from landscape_sim.landscapes import QuadraticBowl
from landscape_sim.large_deviations.level_law import level_law
from landscape_sim.large_deviations.mini_batch import MiniBatchHamiltonian
from landscape_sim.large_deviations.regression_level import regression_level_log_rate
from landscape_sim.models import DataSet, LossLevel, gaussian_regression
from landscape_sim.results import FirstPassageSample
from landscape_sim.seeds import case_seed
from landscape_sim.theory.power_law import effective_temperature

_CHAIN_NODES = 200


@dataclass(frozen=True)
class _Case:
    """One dimension and loss ratio of a study."""

    study: PassageStudy
    data: DataSet
    ratio: float
    number: int

    @property
    def name(self) -> str:
        return f"d = {self.data.model.dimension}, c = {self.ratio:g}"

    @property
    def rule(self) -> SGD:
        return SGD(self.study.learning_rate, self.study.batch_size)

    @property
    def level(self) -> LossLevel:
        return LossLevel.of_ratio(self.data.landscape, self.ratio, self.data.landscape.floor)

    @property
    def ends(self) -> tuple[float, float, float]:
        """Centre and both ends of the level, in one dimension."""
        landscape = self.data.landscape
        (centre,) = landscape.centre
        edge = math.sqrt(2.0 * (self.ratio - 1.0) * landscape.floor / landscape.moments[0][0])
        return centre, centre - edge, centre + edge


def mean_curvature(data: DataSet) -> float:
    """Return ``h*``: the mean eigenvalue of the Hessian of this data set's loss, close to 1."""
    return float(np.trace(data.landscape.moments)) / data.model.dimension


def passage_cases(study: PassageStudy) -> list[StudyCase[dict[str, Any]]]:
    """Return what computes a row, for every dimension and loss ratio.

    In a row, a number that cannot be had is None, and ``refusals`` says why.

    Raises
    ------
    InputError
        If a case cannot be run: ``c`` not above one, ``d >= N``, ``B > N``, or a learning rate
        above ``2/h``.
    """
    cases: list[_Case] = []
    for d in study.dimensions:
        data = gaussian_regression(dimension=d, n_samples=study.data_samples, seed=study.seed)
        for ratio in study.loss_ratios:
            case = _Case(study, data, ratio, len(cases))
            with named_case(case.name):
                data.require_batch_size(study.batch_size)
                data.require_stable(data.landscape.centre, study.learning_rate)
                _ = case.level
            cases.append(case)
    return [
        StudyCase(
            case.name,
            partial(_row, case),
            study.asked_by_case(
                case.number,
                ("dimensions", "loss_ratios", "slope_from"),
                (case.data.model.dimension, case.ratio),
            ),
        )
        for case in cases
    ]


def _row(case: _Case) -> dict[str, Any]:
    study, data, reasons = case.study, case.data, list[str]()
    d, h = data.model.dimension, mean_curvature(case.data)
    temperature = effective_temperature(study.learning_rate, study.batch_size, h)
    sample = simulate_sgd_first_passage(
        *(data, case.rule, data.landscape.centre, case.level),
        n_paths=study.n_paths,
        max_time=study.max_time,
        seed=case_seed(study.seed, case.number),
    )
    decoupled = attempt(
        reasons, "radial solution", lambda: _decoupled_time(case.ratio, temperature, h, d)
    )
    exact_noise = attempt(
        reasons,
        "radial solution with the exact covariance",
        lambda: regression_passage_time(
            case.ratio, temperature=temperature, curvature=h, dimension=d
        ),
    )
    chain = attempt(reasons, "exact chain", lambda: _chain_time(case)) if d == 1 else None
    return {
        "dimension": d,
        "loss_ratio": case.ratio,
        "outlier_curvature": h,
        **_measured(sample, study.confidence_level),
        "exact_chain": chain and chain.mean_time,
        "exact_chain_error": chain and chain.mean_time * chain.relative_error,
        "radial_decoupled": decoupled and decoupled.mean_time,
        "radial_exact_noise": exact_noise and exact_noise.mean_time,
        "log_exact_chain": chain and chain.log_mean_time,
        "log_radial_decoupled": decoupled and decoupled.log_mean_time,
        "log_radial_exact_noise": exact_noise and exact_noise.log_mean_time,
        **_laws(case, temperature, reasons),
        "path_steps": sample.path_steps,
        "refusals": "; ".join(reasons) or None,
    }


def _measured(sample: FirstPassageSample, confidence_level: float) -> dict[str, Any]:
    """Return the simulated mean time; its interval takes the passage to be memoryless.

    ``variation`` is the deviation of the times over their mean, one if it is; None where a
    run is censored.
    """
    rate, times = estimate_rate(sample, confidence_level), sample.times
    complete = rate.n_censored == 0 and times.size > 1
    return {
        "mean_time": 1 / rate.rate if rate.rate else None,
        "low": 1 / rate.interval.high,
        "high": 1 / rate.interval.low if rate.interval.low else None,
        "confidence_level": confidence_level,
        "n_events": rate.n_events,
        "n_censored": rate.n_censored,
        "exposure": rate.exposure,
        "variation": float(times.std(ddof=1) / times.mean()) if complete else None,
    }


def _chain_time(case: _Case) -> PassageTime:
    """Return the exact mean time of SGD on this data set, in one dimension."""
    found = discrete_mean_first_passage_time(
        case.data.sgd_jumps(case.rule.learning_rate),
        *case.ends,
        batch_size=case.rule.batch_size,
        n_nodes=_CHAIN_NODES,
    )
    time = case.rule.learning_rate * found.mean_steps
    return PassageTime(math.log(time), found.relative_error)


def _laws(case: _Case, temperature: float, reasons: list[str]) -> dict[str, float | None]:
    """Return the times by the laws of large deviations of SGD itself, of rare levels only."""
    names = {"law": "law of large deviations", "law_of_data": "law of these data"}
    laws = {"law": _law_time, "law_of_data": _law_time_of_data}
    known: dict[str, PassageTime | None] = dict.fromkeys(laws)
    for name, law in laws.items():
        # What is not rare for normal data is not for these either: one reason for both.
        if name == "law" or (known["law"] is not None and case.data.model.dimension == 1):
            known[name] = attempt(reasons, names[name], partial(law, case, temperature))
    times = {name: law.mean_time if law else None for name, law in known.items()}
    return times | {
        f"log_{name}": law.log_mean_time if law else None for name, law in known.items()
    }


def _law_time(case: _Case, temperature: float) -> PassageTime:
    """Return the mean time by the law of normal inputs and labels."""
    log_rate = regression_level_log_rate(
        case.ratio,
        learning_rate=case.rule.learning_rate,
        batch_size=case.rule.batch_size,
        curvature=mean_curvature(case.data),
        dimension=case.data.model.dimension,
    )
    return PassageTime(-log_rate, temperature)


def _law_time_of_data(case: _Case, temperature: float) -> PassageTime:
    """Return that by the law of the kicks that these data have, in one dimension."""
    hamiltonian = MiniBatchHamiltonian.of_rule(case.data, case.rule)
    centre, *ends = case.ends
    left, right = (level_law(hamiltonian, centre, end).log_rate for end in ends)
    return PassageTime(-float(np.logaddexp(left, right)), temperature)


def _decoupled_time(ratio: float, temperature: float, h: float, dimension: int) -> PassageTime:
    bowl = QuadraticBowl.isotropic(floor=0.5, curvature=h, dimension=dimension)
    radius = math.sqrt((ratio - 1.0) / h)
    return radial_mean_first_passage_time(bowl, LossProportionalNoise(temperature), radius)


COLUMNS = (
    Column("d", "{dimension:d}"),
    Column("c", "{loss_ratio:g}"),
    Column("mean time", "{mean_time:.4g}"),
    Column("low", "{low:.4g}"),
    Column("high", "{high:.4g}"),
    Column("reached", "{n_events:d}"),
    Column("censored", "{n_censored:d}"),
    Column("s.d./mean", "{variation:.2f}"),
    Column("exact SGD", "{exact_chain:.4g}"),
    Column("± error", "{exact_chain_error:.1g}"),
    Column("radial, 2LH*/B", "{radial_decoupled:.4g}"),
    Column("radial, exact Σ", "{radial_exact_noise:.4g}"),
    Column("law, normal data", "{law:.4g}"),
    Column("law, these data", "{law_of_data:.4g}"),
)
