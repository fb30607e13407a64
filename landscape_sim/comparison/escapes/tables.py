"""A study's results as rows, as a table and as an xarray Dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from landscape_sim.comparison.escapes.case import CaseResult
from landscape_sim.comparison.escapes.run import CaseIndex, StudyResult
from landscape_sim.comparison.escapes.verdict import SweepVerdict

if TYPE_CHECKING:
    import xarray as xr

_CASE_DIMS = ("landscape", "setting", "loss_ratio")

#: Every column of a row that is a measurement: long name and unit (per unit of t = ηk).
_VARIABLES: dict[str, tuple[str, str]] = {
    "rate_formula": ("escape rate of Eq. (15)", "1/t"),
    "rate_exact": ("exact escape rate, in one and two dimensions", "1/t"),
    "rate_simulated": ("escape rate from simulated first passages", "1/t"),
    "rate_low": ("lower end of the interval of rate_simulated", "1/t"),
    "rate_high": ("upper end of the interval of rate_simulated", "1/t"),
    "rate_arrhenius": ("Eyring-Kramers rate, noise frozen at the minimum", "1/t"),
    "n_events": ("paths that escaped", "1"),
    "n_censored": ("paths censored at max_time", "1"),
    "exposure": ("total time at risk", "t"),
    "path_steps": ("integration steps of all paths", "1"),
    "time_step": ("integration step at the minimum", "t"),
}


def row(result: StudyResult, index: CaseIndex, case: CaseResult) -> dict[str, Any]:
    """Return one case as a flat mapping, in the order of the table's columns."""
    study, problem, simulated = result.study, case.problem, case.simulated
    return {
        "landscape": study.landscapes[index.landscape].landscape,
        "dimension": case.formula.n_outliers,
        "learning_rate": problem.learning_rate,
        "batch_size": study.settings[index.setting].batch_size,
        "loss_ratio": study.loss_ratios[index.loss_ratio],
        "rate_formula": case.formula.rate,
        "rate_exact": case.rate_exact,
        "rate_simulated": None if simulated is None else simulated.rate,
        "rate_low": None if simulated is None else simulated.interval.low,
        "rate_high": None if simulated is None else simulated.interval.high,
        "confidence_level": study.confidence_level,
        "n_events": None if simulated is None else simulated.n_events,
        "n_censored": None if simulated is None else simulated.n_censored,
        "path_steps": None if simulated is None else case.path_steps,
        "wall_seconds": round(case.wall_seconds, 3),
        "rate_arrhenius": case.rate_arrhenius,
        "temperature": case.formula.temperature,
        "power_law_exponent": case.formula.exponent,
        "exposure": None if simulated is None else simulated.exposure,
        "time_step": case.time_step,
        "noise": problem.noise_name,
        "simulated_by": None if simulated is None else simulated.method,
    }


def rows(result: StudyResult) -> list[dict[str, Any]]:
    """Return every finished case as a row."""
    return [row(result, index, case) for index, case in result.results.items()]


def exponent_row(result: StudyResult, verdict: SweepVerdict) -> dict[str, Any]:
    """Return the verdict on one sweep as a flat mapping."""
    setting = result.study.settings[verdict.setting]
    any_case = next(
        case
        for index, case in result.results.items()
        if (index.landscape, index.setting) == (verdict.landscape, verdict.setting)
    )
    fit, laws = verdict.fit, verdict.laws
    return {
        "landscape": result.study.landscapes[verdict.landscape].landscape,
        "dimension": any_case.formula.n_outliers,
        "noise": setting.noise,
        "learning_rate": setting.learning_rate,
        "batch_size": setting.batch_size,
        "fitted": None if fit is None else fit.exponent,
        "low": None if fit is None else fit.interval.low,
        "high": None if fit is None else fit.interval.high,
        "predicted": verdict.predicted,
        "exact": verdict.exact,
        "log_likelihood_power_law": None if laws is None else laws.power_law.log_likelihood,
        "log_likelihood_arrhenius": None if laws is None else laws.arrhenius.log_likelihood,
        "favoured": None if laws is None else laws.favoured,
    }


def to_dataset(result: StudyResult, verdicts: list[SweepVerdict]) -> xr.Dataset:
    """Return the study as a Dataset over landscape, setting, loss ratio and path.

    Cases that were not finished are NaN. Wall times are left out, so that two
    runs of one study give identical datasets.
    """
    import xarray as xr

    study = result.study
    shape = (len(study.landscapes), len(study.settings), len(study.loss_ratios))
    values = {name: np.full(shape, np.nan) for name in _VARIABLES}
    times = np.full((*shape, study.n_paths), np.nan)
    censored = np.zeros((*shape, study.n_paths), dtype=np.int8)
    for index, case in result.results.items():
        record = row(result, index, case)
        for name, array in values.items():
            array[index] = np.nan if record[name] is None else record[name]
        if case.sample is not None:
            times[index], censored[index] = case.sample.times, case.sample.is_censored
    dataset = xr.Dataset(
        {
            name: (_CASE_DIMS, values[name], {"long_name": long_name, "units": units})
            for name, (long_name, units) in _VARIABLES.items()
        },
        attrs={
            "title": f"Escape from a minimum: formula, exact solution, simulation ({study.name})",
            "reference": "Mori, Ziyin, Liu, Ueda, Power-Law Escape Rate of SGD, ICML 2022",
            "study": study.model_dump_json(),
            "is_complete": int(result.is_complete),
        },
    )
    path = (*_CASE_DIMS, "path")
    unit = {"long_name": "first-passage or censoring time", "units": "t"}
    dataset["first_passage_time"] = (path, times, unit)
    dataset["is_censored"] = (path, censored, {"long_name": "1 where the path was censored"})
    dataset = dataset.assign_coords(
        landscape=[family.landscape for family in study.landscapes],
        loss_ratio=("loss_ratio", list(study.loss_ratios), {"long_name": "L^s/L*", "units": "1"}),
        learning_rate=("setting", [s.learning_rate for s in study.settings]),
        batch_size=("setting", [s.batch_size for s in study.settings]),
        noise=("setting", [s.noise for s in study.settings]),
    )
    return _with_exponents(dataset, result, verdicts)


def _with_exponents(
    dataset: xr.Dataset, result: StudyResult, verdicts: list[SweepVerdict]
) -> xr.Dataset:
    shape = dataset.sizes["landscape"], dataset.sizes["setting"]
    names = ("fitted", "low", "high", "predicted", "exact")
    columns = {name: np.full(shape, np.nan) for name in names}
    temperature, dimension = np.full(shape, np.nan), np.zeros(shape[0], dtype=np.int32)
    for verdict in verdicts:
        record = exponent_row(result, verdict)
        for name, array in columns.items():
            value = record[name]
            array[verdict.landscape, verdict.setting] = np.nan if value is None else value
    for index, case in result.results.items():
        temperature[index.landscape, index.setting] = case.formula.temperature
        dimension[index.landscape] = case.formula.n_outliers
    for name, array in columns.items():
        dataset[f"exponent_{name}"] = (_CASE_DIMS[:2], array, {"units": "1"})
    note = {"long_name": "T = learning_rate h*/batch_size", "units": "1"}
    dataset["temperature"] = (_CASE_DIMS[:2], temperature, note)
    dataset["dimension"] = ("landscape", dimension, {"long_name": "n, outlier directions"})
    return dataset
