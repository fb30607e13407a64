"""The study of the stationary law as rows and as an xarray Dataset."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from landscape_sim.comparison.bowl.case import (
    CLOCKS,
    DIRECT_STEP,
    QUANTILES,
    RADIUS_EDGES,
)
from landscape_sim.comparison.bowl.study import ExponentIndex, StationaryResult
from landscape_sim.theory.power_law import critical_dimension
from landscape_sim.theory.stationary import (
    ValleyDensity,
    discrete_log_loss_growth_rate,
    log_loss_growth_rate,
    stationary_exponent,
    time_changed_stationary_exponent,
)

if TYPE_CHECKING:
    import xarray as xr

_PREDICTION = {"t": stationary_exponent, "tau": time_changed_stationary_exponent}
_AXES = ("learning_rate", "batch_size", "dimension", "clock")

#: Every column of an exponent's row that is a measurement, with its long name.
_EXPONENT_COLUMNS = {
    "temperature": "T = learning_rate h*/batch_size",
    "exponent": "exponent of the stationary density, fitted",
    "exponent_low": "lower end of the interval of exponent",
    "exponent_high": "upper end of the interval of exponent",
    "exponent_predicted": "1 + 1/T in t, 1/T in tau",
    "step_error": "what the time step adds to the exponent",
    "step_error_standard_error": "standard error of step_error",
    "effective_samples": "independent samples of equal precision",
}


def exponent_rows(result: StationaryResult) -> list[dict[str, Any]]:
    """Return two flat mappings a finished case, one for each clock; None is no upper end."""
    rows = []
    for index, case in result.exponents.items():
        for clock in CLOCKS:
            fit, (step_error, step_spread) = case.fits[clock], case.step_errors[clock]
            high = fit.interval.high
            rows.append(
                {
                    "learning_rate": result.study.learning_rates[index.learning_rate],
                    "batch_size": result.study.batch_sizes[index.batch_size],
                    "dimension": result.study.dimensions[index.dimension],
                    "clock": clock,
                    "temperature": case.temperature,
                    "exponent": fit.exponent,
                    "exponent_low": fit.interval.low,
                    "exponent_high": high if math.isfinite(high) else None,
                    "confidence_level": fit.interval.confidence_level,
                    "exponent_predicted": _PREDICTION[clock](case.temperature),
                    "step_error": step_error,
                    "step_error_standard_error": step_spread,
                    "effective_samples": fit.effective_samples,
                }
            )
    return rows


def transition_rows(result: StationaryResult) -> list[dict[str, Any]]:
    """Return the finished dimensions of the transition as flat mappings.

    ``growth_predicted`` is 0 up to the critical dimension; at the critical dimension itself
    the loss grows like ``exp(√t)``, which no constant rate describes.
    """
    study, rows = result.study, []
    temperature = study.highest_temperature
    for number, case in result.transition.items():
        n = study.transition_dimensions[number]
        is_stable = n < critical_dimension(temperature)
        step = DIRECT_STEP / study.curvature
        rate = log_loss_growth_rate(study.curvature, temperature, n)
        discrete = discrete_log_loss_growth_rate(study.curvature, temperature, n, step)
        rows.append(
            {
                "dimension": n,
                "temperature": temperature,
                "critical_dimension": critical_dimension(temperature),
                "is_stable": is_stable,
                "growth_predicted": max(0.0, rate),
                "growth_discrete": None if is_stable else discrete,
                "growth_rate": case.growth_rate,
                "growth_low": case.growth_interval.low,
                "growth_high": case.growth_interval.high,
                "confidence_level": case.growth_interval.confidence_level,
                "last_time": float(case.times[-1]),
                "median_stationary": _stationary_quantile(result, n, 0.5),
                "median": float(case.quantiles[-1, QUANTILES.index(0.5)]),
                "median_low": case.median_interval.low,
                "median_high": case.median_interval.high,
            }
        )
    return rows


def _stationary_quantile(result: StationaryResult, n: int, probability: float) -> float | None:
    """Return the quantile of ``log(L/L*)`` under ``P``, None where ``P`` does not exist."""
    study, temperature = result.study, result.study.highest_temperature
    if n >= critical_dimension(temperature):
        return None
    density = ValleyDensity(stationary_exponent(temperature), study.floor, (study.curvature,) * n)
    return density.log_loss_ratio_quantile(probability)


def to_dataset(result: StationaryResult) -> xr.Dataset:
    """Return the study as a Dataset; cases that were not finished or not possible are NaN."""
    import xarray as xr

    study = result.study
    dataset = xr.Dataset(
        coords={
            "learning_rate": list(study.learning_rates),
            "batch_size": list(study.batch_sizes),
            "dimension": list(study.dimensions),
            "clock": list(CLOCKS),
            "transition_dimension": list(study.transition_dimensions),
            "quantile": list(QUANTILES),
        },
        attrs={
            "title": "Stationary law of loss-proportional noise in a quadratic bowl",
            "reference": "Mori, Ziyin, Liu, Ueda, Power-Law Escape Rate of SGD, ICML 2022",
            "study": study.model_dump_json(),
            "is_complete": int(result.is_complete),
        },
    )
    _add_exponents(dataset, result)
    _add_radial_densities(dataset, result)
    if result.transition:
        _add_transition(dataset, result)
    return dataset


def _add_exponents(dataset: xr.Dataset, result: StationaryResult) -> None:
    shape = tuple(dataset.sizes[axis] for axis in _AXES)
    columns = {name: np.full(shape, np.nan) for name in _EXPONENT_COLUMNS}
    places = [(*_place(index), k) for index in result.exponents for k in range(len(CLOCKS))]
    for place, row in zip(places, exponent_rows(result), strict=True):
        for name, array in columns.items():
            array[place] = np.inf if row[name] is None else row[name]
    for name, array in columns.items():
        dataset[name] = (_AXES, array, {"long_name": _EXPONENT_COLUMNS[name], "units": "1"})


def _add_radial_densities(dataset: xr.Dataset, result: StationaryResult) -> None:
    study = result.study
    unit = math.sqrt(2 * study.floor / study.curvature)
    radius = np.sqrt(RADIUS_EDGES[:-1] * RADIUS_EDGES[1:]) * unit
    shape = (*(dataset.sizes[axis] for axis in _AXES), radius.size)
    measured, error, predicted = (np.full(shape, np.nan) for _ in range(3))
    for index, case in result.exponents.items():
        curvatures = (study.curvature,) * study.dimensions[index.dimension]
        for k, clock in enumerate(CLOCKS):
            place = (*_place(index), k)
            exponent = _PREDICTION[clock](case.temperature)
            measured[place], error[place] = case.radial_densities[clock]
            predicted[place] = ValleyDensity(exponent, study.floor, curvatures).radial_density(
                radius
            )
    axes = (*_AXES, "radius")
    dataset["radius"] = ("radius", radius, {"long_name": "distance from the minimum"})
    dataset["radial_density"] = (axes, measured, {"long_name": "density of the radius"})
    dataset["radial_density_error"] = (axes, error, {"long_name": "standard error of it"})
    dataset["radial_density_predicted"] = (axes, predicted, {"long_name": "closed form of it"})


def _place(index: ExponentIndex) -> tuple[int, int, int]:
    return index.learning_rate, index.batch_size, index.dimension


def _add_transition(dataset: xr.Dataset, result: StationaryResult) -> None:
    axis, rows = "transition_dimension", transition_rows(result)
    n_dimensions = dataset.sizes[axis]
    times = next(iter(result.transition.values())).times
    quantiles = np.full((n_dimensions, times.size, len(QUANTILES)), np.nan)
    stationary = np.full((n_dimensions, len(QUANTILES)), np.nan)
    names = ("growth_rate", "growth_low", "growth_high", "growth_predicted", "growth_discrete")
    columns = {name: np.full(n_dimensions, np.nan) for name in names}
    for (number, case), row in zip(result.transition.items(), rows, strict=True):
        quantiles[number] = case.quantiles
        for name, array in columns.items():
            array[number] = np.nan if row[name] is None else row[name]
        if row["is_stable"]:
            stationary[number] = [
                _stationary_quantile(result, row["dimension"], p) for p in QUANTILES
            ]
    dataset["time"] = ("time", times, {"long_name": "learning rate x steps", "units": "t"})
    note = {"long_name": "quantile of log(L/L*) over the paths", "units": "1"}
    dataset["log_loss_ratio"] = ((axis, "time", "quantile"), quantiles, note)
    note = {"long_name": "quantile of log(L/L*) under the stationary density", "units": "1"}
    dataset["log_loss_ratio_stationary"] = ((axis, "quantile"), stationary, note)
    for name, array in columns.items():
        dataset[name] = (axis, array, {"long_name": "mean slope of log L", "units": "1/t"})
    dataset["critical_dimension"] = ((), rows[0]["critical_dimension"], {"long_name": "n_c"})
