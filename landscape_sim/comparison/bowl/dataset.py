"""The study of the stationary law as an xarray Dataset."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from landscape_sim.comparison.bowl.case import (
    CLOCKS,
    QUANTILES,
    RADIUS_EDGES,
    ExponentMeasurement,
    TransitionMeasurement,
)
from landscape_sim.comparison.bowl.study import BowlStudy, ExponentIndex
from landscape_sim.comparison.bowl.tables import (
    EXPONENT_NAMES,
    PREDICTION,
    exponent_rows,
    stationary_quantile,
    transition_rows,
)
from landscape_sim.theory.stationary import ValleyDensity

if TYPE_CHECKING:
    import xarray as xr

Exponents = Mapping[ExponentIndex, ExponentMeasurement]
Transition = Mapping[int, TransitionMeasurement]

_AXES = ("learning_rate", "batch_size", "dimension", "clock")


def bowl_dataset(study: BowlStudy, exponents: Exponents, transition: Transition) -> xr.Dataset:
    """Return the study as a Dataset; cases that were not finished or not possible are NaN."""
    import xarray as xr

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
        },
    )
    _add_exponents(dataset, study, exponents)
    _add_radial_densities(dataset, study, exponents)
    if transition:
        _add_transition(dataset, study, transition)
    return dataset


def _add_exponents(dataset: xr.Dataset, study: BowlStudy, exponents: Exponents) -> None:
    shape = tuple(dataset.sizes[axis] for axis in _AXES)
    columns = {name: np.full(shape, np.nan) for name in EXPONENT_NAMES}
    places = [(*_place(index), k) for index in exponents for k in range(len(CLOCKS))]
    for place, row in zip(places, exponent_rows(study, exponents), strict=True):
        for name, array in columns.items():
            array[place] = np.inf if row[name] is None else row[name]
    for name, array in columns.items():
        dataset[name] = (_AXES, array, {"long_name": EXPONENT_NAMES[name], "units": "1"})


def _add_radial_densities(dataset: xr.Dataset, study: BowlStudy, exponents: Exponents) -> None:
    unit = math.sqrt(2 * study.floor / study.curvature)
    radius = np.sqrt(RADIUS_EDGES[:-1] * RADIUS_EDGES[1:]) * unit
    shape = (*(dataset.sizes[axis] for axis in _AXES), radius.size)
    measured, error, predicted = (np.full(shape, np.nan) for _ in range(3))
    for index, case in exponents.items():
        curvatures = (study.curvature,) * study.dimensions[index.dimension]
        for k, clock in enumerate(CLOCKS):
            place = (*_place(index), k)
            exponent = PREDICTION[clock](case.temperature)
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


def _add_transition(dataset: xr.Dataset, study: BowlStudy, transition: Transition) -> None:
    axis, rows = "transition_dimension", transition_rows(study, transition)
    n_dimensions = dataset.sizes[axis]
    times = next(iter(transition.values())).times
    quantiles = np.full((n_dimensions, times.size, len(QUANTILES)), np.nan)
    stationary = np.full((n_dimensions, len(QUANTILES)), np.nan)
    names = ("growth_rate", "growth_low", "growth_high", "growth_predicted", "growth_discrete")
    columns = {name: np.full(n_dimensions, np.nan) for name in names}
    for (number, case), row in zip(transition.items(), rows, strict=True):
        quantiles[number] = case.quantiles
        for name, array in columns.items():
            array[number] = np.nan if row[name] is None else row[name]
        if row["is_stable"]:
            stationary[number] = [
                stationary_quantile(study, row["dimension"], p) for p in QUANTILES
            ]
    dataset["time"] = ("time", times, {"long_name": "learning rate x steps", "units": "t"})
    note = {"long_name": "quantile of log(L/L*) over the paths", "units": "1"}
    dataset["log_loss_ratio"] = ((axis, "time", "quantile"), quantiles, note)
    note = {"long_name": "quantile of log(L/L*) under the stationary density", "units": "1"}
    dataset["log_loss_ratio_stationary"] = ((axis, "quantile"), stationary, note)
    for name, array in columns.items():
        dataset[name] = (axis, array, {"long_name": "mean slope of log L", "units": "1/t"})
    dataset["critical_dimension"] = ((), rows[0]["critical_dimension"], {"long_name": "n_c"})
