"""Every column of the table of cases: its value, its cell in print, its meaning and unit.

A new column is one entry here. It then stands in ``table.csv``, in the JSON document and in
``table()``; with units also in the NetCDF file, with a place also in print.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from landscape_sim.comparison.escapes.case import CaseResult
from landscape_sim.comparison.escapes.columns import Printed, StudyColumn


def _of_direct(name: str) -> Callable[[CaseResult], Any]:
    """Return what only the estimate of a direct simulation has."""
    return lambda r: None if r.direct is None else getattr(r.direct.estimate, name)


def _of_simulated(name: str) -> Callable[[CaseResult], Any]:
    return lambda r: None if r.simulated is None else getattr(r.simulated, name)


def _end(name: str) -> Callable[[CaseResult], Any]:
    """Return an end of the interval of the simulated rate."""
    interval = _of_simulated("interval")
    return lambda r: None if interval(r) is None else getattr(interval(r), name)


def _over(reference: Callable[[CaseResult], float | None]) -> Callable[[CaseResult], float | None]:
    """Return the simulated rate over a reference."""

    def ratio(r: CaseResult) -> float | None:
        below = reference(r)
        return None if r.simulated is None or below is None else r.simulated.rate / below

    return ratio


def _rate_exact(r: CaseResult) -> float | None:
    return None if r.exact is None else r.exact.rate


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
) -> StudyColumn[CaseResult]:
    return StudyColumn(name, value, printed and Printed(*printed), units, meaning)


def _comparison(
    name: str, value: Callable[[CaseResult], Any], place: int, heading: str, cell: str
) -> StudyColumn[CaseResult]:
    """Return a column that is only printed."""
    return StudyColumn(name, value, Printed(place, heading, cell), is_stored=False)


#: In the order of ``table.csv``. Rates are per unit of ``t = ηk``.
CASE_COLUMNS: tuple[StudyColumn[CaseResult], ...] = (
    _column("landscape", lambda r: r.case.family.landscape, (0, "landscape", "{landscape}")),
    _column("dimension", lambda r: r.case.power_law.n_outliers, (1, "n", "{dimension:d}")),
    _column("learning_rate", lambda r: r.case.setting.learning_rate, (3, "η", "{learning_rate:g}")),
    _column("batch_size", lambda r: r.case.setting.batch_size, (4, "B", "{batch_size:g}")),
    _column("loss_ratio", lambda r: r.case.loss_ratio, (5, "L^s/L*", "{loss_ratio:g}")),
    _column(
        "rate_formula",
        lambda r: r.case.power_law.rate,
        (6, "Eq. (15)", "{rate_formula:.3e}"),
        "1/t",
        "escape rate of Eq. (15)",
    ),
    _column(
        "rate_exact",
        _rate_exact,
        (7, "exact", "{rate_exact:.3e}"),
        "1/t",
        "exact escape rate, in one and two dimensions",
    ),
    _column(
        "rate_simulated",
        _of_simulated("rate"),
        (8, "simulated", "{rate_simulated:.3e}"),
        "1/t",
        "escape rate from simulated first passages",
    ),
    _column(
        "rate_low",
        _end("low"),
        (9, "{confidence_level:.0%} interval", "{rate_low:.2e} … {rate_high:.2e}"),
        "1/t",
        "lower end of the interval of rate_simulated",
    ),
    _column("rate_high", _end("high"), None, "1/t", "upper end of the interval of rate_simulated"),
    _column("confidence_level", lambda r: r.case.study.confidence_level),
    _column("n_events", _of_direct("n_events"), None, "1", "paths that escaped"),
    _column("n_censored", _of_direct("n_censored"), None, "1", "paths censored at max_time"),
    _column("path_steps", _of_simulated("path_steps"), None, "1", "integration steps of all paths"),
    _column("wall_seconds", lambda r: round(r.wall_seconds, 3)),
    _column(
        "rate_arrhenius",
        lambda r: r.case.arrhenius.rate,
        None,
        "1/t",
        "Eyring-Kramers rate, noise frozen at the minimum",
    ),
    _column("temperature", lambda r: r.case.power_law.temperature),
    _column("power_law_exponent", lambda r: r.case.power_law.exponent),
    _column("exposure", _of_direct("exposure"), None, "t", "total time at risk"),
    _column("time_step", lambda r: r.case.time_step, None, "t", "integration step at the minimum"),
    _column("noise", lambda r: r.case.setting.noise, (2, "noise", "{noise}")),
    _column("simulated_by", _simulated_by),
    _column(
        "effective_events",
        _of_simulated("effective_events"),
        None,
        "1",
        "independent escapes that would have the same relative standard error",
    ),
    _comparison(
        "over_formula",
        _over(lambda r: r.case.power_law.rate),
        *(10, "sim/Eq.15", "{over_formula:.3f}"),
    ),
    _comparison("over_exact", _over(_rate_exact), 11, "sim/exact", "{over_exact:.3f}"),
    _comparison("escapes", _escapes, 12, "escapes", "{escapes:s}"),
)
