"""Every column of the table of cases: its value, its cell in print, its meaning and unit.

A new column is one entry here. It then stands in ``table.csv``, in the JSON document and in
``table()``; with units also in the NetCDF file, with a place also in print.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from landscape_sim.comparison.escapes.answers import CaseResult
from landscape_sim.comparison.escapes.laws import AnyRate
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.escapes.study_column import Printed, StudyColumn
from landscape_sim.dynamics.noise_registry import noise_family
from landscape_sim.results import Rate, rate_text
from landscape_sim.validation import InputError

CaseColumn = StudyColumn[CaseResult]


def _of_direct(name: str) -> Callable[[CaseResult], Any]:
    """Return what only the estimate of a direct simulation has."""
    return lambda r: None if r.direct is None else getattr(r.direct.estimate, name)


def _formula(r: CaseResult) -> AnyRate | None:
    return r.case.power_law


def _arrhenius(r: CaseResult) -> AnyRate | None:
    return r.case.arrhenius


def _exact(r: CaseResult) -> AnyRate | None:
    return r.exact


def _simulated(r: CaseResult) -> Rate[Any] | None:
    return r.simulated


def _own(name: str) -> Callable[[CaseResult], Rate[Any] | None]:
    return lambda r: r.own.get(name)


def _of(answer: Callable[[CaseResult], Any], name: str) -> Callable[[CaseResult], Any]:
    """Return what the answer has under this name."""
    return lambda r: getattr(answer(r), name, None)


def _end(
    answer: Callable[[CaseResult], Rate[Any] | None], name: str
) -> Callable[[CaseResult], Any]:
    """Return an end of the interval of a rate."""
    return _of(_of(answer, "interval"), name)


def _over(answer: Callable[[CaseResult], AnyRate | None]) -> Callable[[CaseResult], float | None]:
    """Return the simulated rate over another."""

    def ratio(r: CaseResult) -> float | None:
        above, below = r.simulated, answer(r)
        if above is None or below is None:
            return None
        if below.rate >= sys.float_info.min:
            return above.rate / below.rate
        with np.errstate(over="ignore"):
            return float(np.exp(above.log_rate - below.log_rate))

    return ratio


def _text(rate: float, log_rate: float, digits: int) -> str:
    """Return a rate as the table prints it, also one that is below every float."""
    if rate >= sys.float_info.min or log_rate == -math.inf:
        return f"{rate:.{digits}e}"
    return rate_text(log_rate, digits + 1)


def _shown(answer: Callable[[CaseResult], AnyRate | None]) -> Callable[[CaseResult], str | None]:
    def text(r: CaseResult) -> str | None:
        rate = answer(r)
        return None if rate is None else _text(rate.rate, rate.log_rate, 3)

    return text


def _interval(r: CaseResult) -> str | None:
    ends = None if r.simulated is None else r.simulated.interval
    if ends is None:
        return None
    return f"{_text(ends.low, ends.log_low, 2)} … {_text(ends.high, ends.log_high, 2)}"


def _simulated_by(r: CaseResult) -> str | None:
    if r.simulated is None:
        return None
    return "adaptive multilevel splitting" if r.direct is None else r.direct.estimate.method


def _escapes(r: CaseResult) -> str | None:
    if r.simulated is None:
        return None
    if r.direct is None:
        return "splitting"
    return f"{r.direct.estimate.n_events}/{r.direct.sample.times.size}"


def _column(
    name: str,
    value: Callable[[CaseResult], Any],
    printed: tuple[int, str, str] | None = None,
    units: str | None = None,
    meaning: str = "",
) -> CaseColumn:
    return StudyColumn(name, value, printed and Printed(*printed), units, meaning)


def _comparison(
    name: str, value: Callable[[CaseResult], Any], place: int, heading: str, cell: str
) -> CaseColumn:
    """Return a column that is only printed."""
    return StudyColumn(name, value, Printed(place, heading, cell), is_stored=False)


#: In the order of ``table.csv``. Rates are per unit of ``t = ηk``.
CASE_COLUMNS: tuple[CaseColumn, ...] = (
    _column("landscape", lambda r: r.case.family.landscape, (0, "landscape", "{landscape}")),
    _column("dimension", lambda r: r.case.escape.dimension, (1, "n", "{dimension:d}")),
    _column("learning_rate", lambda r: r.case.setting.learning_rate, (3, "η", "{learning_rate:g}")),
    _column("batch_size", lambda r: r.case.setting.batch_size, (4, "B", "{batch_size:g}")),
    _column("loss_ratio", lambda r: r.case.loss_ratio, (5, "L^s/L*", "{loss_ratio:g}")),
    _column("rate_formula", _of(_formula, "rate"), units="1/t", meaning="power-law escape rate"),
    _column(
        "rate_exact",
        _of(_exact, "rate"),
        None,
        "1/t",
        "exact escape rate, where it is known",
    ),
    _column(
        "rate_simulated",
        _of(_simulated, "rate"),
        None,
        "1/t",
        "escape rate from simulated first passages",
    ),
    _column(
        "rate_low",
        _end(_simulated, "low"),
        None,
        "1/t",
        "lower end of the interval of rate_simulated",
    ),
    _column(
        "rate_high",
        _end(_simulated, "high"),
        None,
        "1/t",
        "upper end of the interval of rate_simulated",
    ),
    _column("confidence_level", lambda r: r.case.study.confidence_level),
    _column("n_events", _of_direct("n_events"), None, "1", "paths that escaped"),
    _column("n_censored", _of_direct("n_censored"), None, "1", "paths censored at max_time"),
    _column(
        "path_steps", _of(_simulated, "path_steps"), None, "1", "integration steps of all paths"
    ),
    _column("wall_seconds", lambda r: round(r.wall_seconds, 3)),
    _column(
        "rate_arrhenius",
        _of(_arrhenius, "rate"),
        None,
        "1/t",
        "Eyring-Kramers rate, noise frozen at the minimum",
    ),
    _column("temperature", lambda r: r.case.escape.temperature),
    _column("power_law_exponent", _of(_formula, "exponent")),
    _column("exposure", _of_direct("exposure"), None, "t", "total time at risk"),
    _column("time_step", lambda r: r.case.time_step, None, "t", "integration step at the minimum"),
    _column("noise", lambda r: r.case.setting.noise, (2, "noise", "{noise}")),
    _column("simulated_by", _simulated_by),
    _column(
        "effective_events",
        _of(_simulated, "effective_events"),
        None,
        "1",
        "independent escapes that would have the same relative standard error",
    ),
    *(
        _column(
            f"log_rate_{name}", _of(answer, "log_rate"), None, "1", f"natural log of rate_{name}"
        )
        for name, answer in (
            ("formula", _formula),
            ("exact", _exact),
            ("simulated", _simulated),
            ("arrhenius", _arrhenius),
        )
    ),
    *(
        _column(
            f"log_rate_{end}",
            _end(_simulated, f"log_{end}"),
            None,
            "1",
            f"natural log of rate_{end}",
        )
        for end in ("low", "high")
    ),
    _column("caveats", lambda r: "; ".join(r.case.caveats) or None),
    _comparison("shown_formula", _shown(_formula), 6, "formula", "{shown_formula:s}"),
    _comparison("shown_exact", _shown(_exact), 8, "exact", "{shown_exact:s}"),
    _comparison("shown_simulated", _shown(_simulated), 9, "simulated", "{shown_simulated:s}"),
    _comparison(
        *("shown_interval", _interval, 10),
        *("{confidence_level:percent} interval", "{shown_interval:s}"),
    ),
    _comparison("over_formula", _over(_formula), 11, "sim/formula", "{over_formula:.3f}"),
    _comparison("over_exact", _over(_exact), 13, "sim/exact", "{over_exact:.3f}"),
    _comparison("escapes", _escapes, 14, "escapes", "{escapes:s}"),
)


#: Printed where noise is constant: its law, as the formula is that of noise that follows the loss.
_OF_CONSTANT_NOISE: tuple[CaseColumn, ...] = (
    _comparison("shown_arrhenius", _shown(_arrhenius), 7, "Arrhenius", "{shown_arrhenius:s}"),
    _comparison("over_arrhenius", _over(_arrhenius), 12, "sim/Arrh.", "{over_arrhenius:.3f}"),
)


def case_columns(study: Study) -> tuple[CaseColumn, ...]:
    """Return the columns of a study: those above, and four for each method of your own.

    The law of constant noise is printed where there is such noise, and the formula where there is
    other noise.

    Raises
    ------
    InputError
        If the name of a method would give a column a name that another has.
    """
    is_constant = {noise_family(setting.noise).is_constant for setting in study.settings}
    columns = [
        column
        for column in CASE_COLUMNS
        if False in is_constant or column.name not in ("shown_formula", "over_formula")
    ]
    columns += _OF_CONSTANT_NOISE if True in is_constant else ()
    for method in study.own_methods:
        names = {column.name for column in columns}
        own = _own_columns(method)
        for column in own:
            if column.name in names:
                raise InputError(
                    f"method {method!r} would have the column {column.name!r}, which there is "
                    "already; register it under another name"
                )
        columns += own
    return tuple(columns)


def _own_columns(method: str) -> list[CaseColumn]:
    answer = _own(method)
    values = (
        ("rate", _of(answer, "rate"), "1/t", "escape rate"),
        ("log_rate", _of(answer, "log_rate"), "1", "natural log of the rate"),
        ("rate_low", _end(answer, "low"), "1/t", "lower end of the interval"),
        ("rate_high", _end(answer, "high"), "1/t", "upper end of the interval"),
    )
    return [
        _column(f"{name}_{method}", value, None, units, f"{meaning} by the method {method}")
        for name, value, units, meaning in values
    ]
