"""A study's results as an xarray Dataset."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.comparison.escapes.answers import CaseResult
from landscape_sim.comparison.escapes.case import RefusedCase
from landscape_sim.comparison.escapes.case_table import case_columns, parameter_names
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.escapes.study_column import Row, Source, StudyColumn
from landscape_sim.comparison.escapes.sweep_columns import SWEEP_COLUMNS
from landscape_sim.comparison.escapes.verdict import SweepVerdict
from landscape_sim.dynamics.noise_registry import noise_family

if TYPE_CHECKING:
    import xarray as xr

#: First-passage times in one dataset.
_MOST_PASSAGES = 2_000_000
_CASE_DIMS = ("landscape", "setting", "loss_ratio")
Answers = tuple[Sequence[CaseResult | RefusedCase], Sequence[Row]]
Verdicts = tuple[Sequence[SweepVerdict], Sequence[Row]]


def to_dataset(study: Study, answers: Answers, verdicts: Verdicts, is_complete: bool) -> xr.Dataset:
    """Return a study as a Dataset over landscape, setting, loss ratio and path.

    Cases that were not finished are NaN. Wall times are left out, so that two
    runs of one study give identical datasets.

    Parameters
    ----------
    study : Study
        What was run.
    answers : pair of sequences
        Results of the finished cases and the refused ones, and their rows.
    verdicts : pair of sequences
        Verdicts on the sweeps, and their rows.
    is_complete : bool
        Whether the study ran to its end.
    """
    import xarray as xr

    results = [one for one in answers[0] if isinstance(one, CaseResult)]
    rows = [row for one, row in zip(*answers, strict=True) if isinstance(one, CaseResult)]
    shape = (len(study.families), len(study.settings), len(study.ratios))
    indices = [tuple(result.case.index) for result in results]
    sweeps = [tuple(verdict.case.index)[:2] for verdict in verdicts[0]]
    dataset = xr.Dataset(
        _variables(case_columns(study), "", shape, indices, rows)
        | _variables(SWEEP_COLUMNS, "exponent_", shape[:2], sweeps, verdicts[1])
        | _passages(shape, results)
        | _circumstances(shape, results),
        attrs={
            "title": f"Escape from a minimum: formula, exact solution, simulation ({study.name})",
            "reference": "Mori, Ziyin, Liu, Ueda, Power-Law Escape Rate of SGD, ICML 2022",
            "study": study.model_dump_json(),
            "is_complete": int(is_complete),
        },
    )
    return dataset.assign_coords(
        landscape=[family.landscape for family in study.families],
        table=("landscape", list(study.tables), {"long_name": "which of the study's landscapes"}),
        family=("landscape", [study.landscapes[number].landscape for number in study.tables]),
        setting=[setting.label for setting in study.settings],
        loss_ratio=(
            "loss_ratio",
            [np.nan if ratio is None else ratio for ratio in study.ratios],
            {"long_name": "L^s/L*; NaN where every loss is as it is", "units": "1"},
        ),
        **_parameters(study),
        **_settings(study),
    )


def _parameters(study: Study) -> dict[str, Any]:
    """Return the parameters of the landscapes; NaN where a formula has not this one."""
    return {
        f"parameter_{name}": (
            "landscape",
            [family.values.get(name, np.nan) for family in study.families],
        )
        for name in parameter_names(study)
    }


def _settings(study: Study) -> dict[str, Any]:
    """Return what the settings are made of; NaN where a temperature stands in place of both."""
    return {
        "learning_rate": ("setting", [s.learning_rate or np.nan for s in study.settings]),
        "batch_size": ("setting", [s.batch_size or np.nan for s in study.settings]),
        "given_temperature": ("setting", [s.temperature or np.nan for s in study.settings]),
        "noise": ("setting", [s.noise for s in study.settings]),
        "repeat": ("setting", [s.repeat for s in study.settings]),
        "is_constant": (
            "setting",
            [int(noise_family(s.noise).is_constant) for s in study.settings],
        ),
    }


def _variables(
    columns: Sequence[StudyColumn[Source]],
    prefix: str,
    shape: tuple[int, ...],
    indices: Sequence[tuple[int, ...]],
    rows: Sequence[Row],
) -> dict[str, Any]:
    """Return every column that has units as a variable over the first of the axes."""
    variables: dict[str, Any] = {}
    for column in columns:
        if column.units is None:
            continue
        values = np.full(shape, np.nan)
        for index, row in zip(indices, rows, strict=True):
            values[index] = np.nan if row[column.name] is None else row[column.name]
        note = {"long_name": column.meaning} if column.meaning else {}
        variables[prefix + column.name] = (
            _CASE_DIMS[: len(shape)],
            values,
            note | {"units": column.units},
        )
    return variables


def _passages(shape: tuple[int, ...], results: Sequence[CaseResult]) -> dict[str, Any]:
    """Return the first-passage times of all paths that were simulated one by one.

    None where there are none, or too many: then they are in the files of the cases alone.
    """
    direct = [result for result in results if result.direct is not None]
    most = max((_n_paths(result) for result in direct), default=0)
    if not 0 < most * math.prod(shape) <= _MOST_PASSAGES:
        return {}
    times: NDArray[np.float64] = np.full((*shape, most), np.nan)
    censored = np.zeros(times.shape, dtype=np.int8)
    for result in direct:
        sample = result.sample
        assert sample is not None
        place = (*result.case.index, slice(sample.times.size))
        times[place] = sample.times
        censored[place] = sample.is_censored
    path = (*_CASE_DIMS, "path")
    unit = {"long_name": "first-passage or censoring time", "units": "t"}
    return {
        "first_passage_time": (path, times, unit),
        "is_censored": (path, censored, {"long_name": "1 where the path was censored"}),
    }


def _n_paths(result: CaseResult) -> int:
    estimate = None if result.direct is None else result.direct.estimate
    return 0 if estimate is None else estimate.n_events + estimate.n_censored


def _circumstances(shape: tuple[int, ...], results: Sequence[CaseResult]) -> dict[str, Any]:
    """Return what the cases of a sweep, or of a landscape, have in common."""
    temperature = np.full(shape[:2], np.nan)
    loss_ratio = np.full((shape[0], shape[2]), np.nan)
    dimension = np.zeros(shape[0], dtype=np.int32)
    for result in results:
        landscape, setting, ratio = result.case.index
        loss_ratio[landscape, ratio] = result.case.loss_ratio
        temperature[landscape, setting] = result.case.escape.temperature
        dimension[landscape] = result.case.escape.dimension
    note = {"long_name": "T = learning_rate h*/batch_size", "units": "1"}
    return {
        "temperature": (_CASE_DIMS[:2], temperature, note),
        "landscape_loss_ratio": (
            _CASE_DIMS[::2],
            loss_ratio,
            {"long_name": "L^s/L* of the landscape", "units": "1"},
        ),
        "dimension": ("landscape", dimension, {"long_name": "n, outlier directions"}),
    }
