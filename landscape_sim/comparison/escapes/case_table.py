"""The table of cases of one study: its columns, and a row for every case, refused ones included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from landscape_sim.columns import finite
from landscape_sim.comparison.escapes.answers import CaseResult
from landscape_sim.comparison.escapes.case import PlannedCase, RefusedCase
from landscape_sim.comparison.escapes.compare_columns import (
    CASE_COLUMNS,
    OF_CONSTANT_NOISE,
    CaseColumn,
    PlannedColumn,
    column,
    end,
    of,
    own_rate,
    planned_column,
)
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.escapes.study_column import Row, rows
from landscape_sim.dynamics.noise_registry import noise_family
from landscape_sim.validation import InputError

_OF_FORMULA = ("shown_formula", "over_formula")
_OF_SGD = ("learning_rate", "batch_size")


def case_columns(study: Study) -> tuple[CaseColumn, ...]:
    """Return the columns of a study: those of every study, and what it sweeps or asks besides.

    The law of constant noise is printed where there is such noise, and the formula where there is
    other noise; a temperature where it stands in place of η and B.

    Raises
    ------
    InputError
        If the name of a method would give a column a name that another has.
    """
    is_constant = {noise_family(setting.noise).is_constant for setting in study.settings}
    by_temperature = {setting.temperature is not None for setting in study.settings}
    unprinted = _OF_SGD if by_temperature == {True} else ()
    columns = [
        replace(one, printed=None) if one.name in unprinted else one
        for one in CASE_COLUMNS
        if False in is_constant or one.name not in _OF_FORMULA
    ]
    columns += OF_CONSTANT_NOISE if True in is_constant else ()
    columns += _of_sweep(study)
    for method in study.own_methods:
        names = {one.name for one in columns}
        own = _own_columns(method)
        for one in own:
            if one.name in names:
                raise InputError(
                    f"method {method!r} would have the column {one.name!r}, which there is "
                    "already; register it under another name"
                )
        columns += own
    return tuple(columns)


def case_rows(
    columns: Sequence[CaseColumn], sources: Iterable[CaseResult | RefusedCase]
) -> list[Row]:
    """Return all values of every case; a refused one has those that the study states."""
    return [
        _refused_row(columns, source)
        if isinstance(source, RefusedCase)
        else rows(columns, [source])[0]
        for source in sources
    ]


def _refused_row(columns: Sequence[CaseColumn], refused: RefusedCase) -> Row:
    return {
        one.name: finite(one.planned(refused)) if isinstance(one, PlannedColumn) else None
        for one in columns
    }


def parameter_names(study: Study) -> tuple[str, ...]:
    """Return the parameters of all formulas, each once."""
    return tuple(dict.fromkeys(name for family in study.families for name in family.values))


def _of_sweep(study: Study) -> list[CaseColumn]:
    columns = [
        planned_column(f"parameter_{name}", _parameter(name)) for name in parameter_names(study)
    ]
    if any(setting.temperature is not None for setting in study.settings):
        columns.append(
            replace(
                planned_column("T", lambda c: c.setting.temperature, (4, "T", "{T:.4g}")),
                is_stored=False,
            )
        )
    if any(setting.repeat > 1 for setting in study.settings):
        columns.append(
            planned_column("repeat", lambda c: c.setting.repeat, (4, "repeat", "{repeat:d}"))
        )
    return columns


def _parameter(name: str) -> Callable[[PlannedCase], float | None]:
    return lambda case: case.family.values.get(name)


def _own_columns(method: str) -> list[CaseColumn]:
    answer = own_rate(method)
    values = (
        ("rate", of(answer, "rate"), "1/t", "escape rate"),
        ("log_rate", of(answer, "log_rate"), "1", "natural log of the rate"),
        ("rate_low", end(answer, "low"), "1/t", "lower end of the interval"),
        ("rate_high", end(answer, "high"), "1/t", "upper end of the interval"),
    )
    return [
        column(f"{name}_{method}", value, None, units, f"{meaning} by the method {method}")
        for name, value, units, meaning in values
    ]
