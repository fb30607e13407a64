"""Section 5.3 (ii): the mean time until the loss of a linear regression has reached ``c L*``.

Against the paper's slope ``B/(η h*) + 1 − n/2``, the exact radial solution with the theory's noise,
the one with the gradient noise that Gaussian inputs really have, and in one dimension the exact
time of the discrete chain itself. At small ``c`` the time is
not yet a power of ``c``: slopes are compared over the same range of ``c``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from landscape_sim.comparison.regression_studies import PassageStudy, case_seed
from landscape_sim.dynamics import LossProportionalNoise
from landscape_sim.dynamics.sgd import SGD
from landscape_sim.ensembles.sgd import simulate_sgd_first_passage
from landscape_sim.estimators import estimate_rate, fit_exponent
from landscape_sim.exact.discrete_chain import discrete_mean_first_passage_time
from landscape_sim.exact.radial import radial_mean_first_passage_time
from landscape_sim.exact.regression_radial import regression_passage_time
from landscape_sim.landscapes import QuadraticBowl
from landscape_sim.models import DataSet, LossLevel, gaussian_regression
from landscape_sim.theory.power_law import effective_temperature, power_law_exponent
from landscape_sim.validation import InputError

_CHAIN_NODES = 200


def passage_rows(study: PassageStudy) -> Iterator[dict[str, Any]]:
    """Yield one row for every dimension and loss ratio.

    Raises
    ------
    InputError
        If a case cannot be run: ``c`` not above one, ``d >= N``, ``B > N``, or a learning rate
        above ``2/h``.
    """
    number = 0
    for d in study.dimensions:
        data = gaussian_regression(dimension=d, n_samples=study.data_samples, seed=study.seed)
        for ratio in study.loss_ratios:
            yield _row(study, data, ratio, case_seed(study.seed, number))
            number += 1


def _row(study: PassageStudy, data: DataSet, ratio: float, seed: int) -> dict[str, Any]:
    landscape, d = data.landscape, data.model.dimension
    sample = simulate_sgd_first_passage(
        data,
        SGD(study.learning_rate, study.batch_size),
        landscape.centre,
        LossLevel.of_ratio(landscape, ratio, landscape.floor),
        n_paths=study.n_paths,
        max_time=study.max_time,
        seed=seed,
    )
    rate = estimate_rate(sample, study.confidence_level)
    temperature = effective_temperature(study.learning_rate, study.batch_size, 1.0)
    return {
        "dimension": d,
        "loss_ratio": ratio,
        "mean_time": 1 / rate.rate if rate.rate else None,
        "low": 1 / rate.interval.high,
        "high": 1 / rate.interval.low if rate.interval.low else None,
        "confidence_level": study.confidence_level,
        "n_events": rate.n_events,
        "n_censored": rate.n_censored,
        "exposure": rate.exposure,
        "exact_chain": _chain_time(study, data, ratio) if d == 1 else None,
        "radial_decoupled": _decoupled_time(ratio, temperature, d),
        "radial_exact_noise": regression_passage_time(
            ratio, temperature=temperature, curvature=1.0, dimension=d
        ).mean_time,
        "path_steps": sample.path_steps,
    }


def _chain_time(study: PassageStudy, data: DataSet, ratio: float) -> float | None:
    """Return the exact mean time of SGD on this data set, in one dimension.

    None where the passage is too rare for the solver, which refuses.
    """
    landscape, eta = data.landscape, study.learning_rate
    (centre,), equal = landscape.centre, np.full(data.n_samples, 1.0 / data.n_samples)
    edge = float(np.sqrt(2.0 * (ratio - 1.0) * landscape.floor / landscape.moments[0][0]))
    try:
        passage = discrete_mean_first_passage_time(
            lambda x: (-eta * data.sample_gradients((x,))[0], equal),
            *(centre, centre - edge, centre + edge),
            batch_size=study.batch_size,
            n_nodes=_CHAIN_NODES,
        )
    except InputError:
        return None
    return eta * passage.mean_steps


def _decoupled_time(ratio: float, temperature: float, dimension: int) -> float:
    bowl = QuadraticBowl.isotropic(floor=0.5, curvature=1.0, dimension=dimension)
    radius = float(np.sqrt(ratio - 1.0))
    noise = LossProportionalNoise(temperature)
    return radial_mean_first_passage_time(bowl, noise, radius).mean_time


def passage_slopes(study: PassageStudy, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the slopes of ``log`` mean time on ``log c`` over the upper part of the range.

    The references are weighted as the fit weights the measurements: by their events. A
    dimension with fewer than two thresholds that were reached has no slope, and no row.
    """
    slopes = []
    for d in dict.fromkeys(row["dimension"] for row in rows):
        top = [
            row
            for row in rows
            if row["dimension"] == d and row["n_events"] and row["loss_ratio"] >= study.slope_from
        ]
        if len({row["loss_ratio"] for row in top}) > 1:
            slopes.append(_slope(study, d, top))
    return slopes


def _slope(study: PassageStudy, dimension: int, top: list[dict[str, Any]]) -> dict[str, Any]:
    temperature = effective_temperature(study.learning_rate, study.batch_size, 1.0)
    log_ratio = np.log([row["loss_ratio"] for row in top])
    events = np.array([row["n_events"] for row in top])
    exposure = [row["exposure"] for row in top]
    fit = fit_exponent(log_ratio, events, exposure, confidence_level=study.confidence_level)

    def reference(name: str) -> float:
        log_time = np.log([row[name] for row in top])
        return float(np.polyfit(log_ratio, log_time, 1, w=np.sqrt(events))[0])

    return {
        "dimension": dimension,
        "predicted": power_law_exponent(temperature, dimension),
        "radial_decoupled": reference("radial_decoupled"),
        "radial_exact_noise": reference("radial_exact_noise"),
        "fitted": fit.exponent,
        "low": fit.interval.low,
        "high": fit.interval.high,
        "confidence_level": study.confidence_level,
        "from_ratio": top[0]["loss_ratio"],
        "to_ratio": top[-1]["loss_ratio"],
    }
