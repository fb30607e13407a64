"""Every column of the table of cases: its value, its cell in print, its meaning and unit.

A new column is one entry here; those that only some studies have are in ``case_table``. It then
stands in ``table.csv``, in the JSON document and in ``table()``; with units also in the NetCDF
file, with a place also in print.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from landscape_sim.comparison.escapes.answers import CaseResult
from landscape_sim.comparison.escapes.case import PlannedCase
from landscape_sim.comparison.escapes.laws import AnyRate
from landscape_sim.comparison.escapes.study_column import Printed, StudyColumn
from landscape_sim.results import Rate, rate_text

CaseColumn = StudyColumn[CaseResult]


@dataclass(frozen=True)
class PlannedColumn(StudyColumn[CaseResult]):
    """A column that a refused case has too.

    Attributes
    ----------
    planned : callable
        Returns its value for what the study says of a case.
    """

    planned: Callable[[PlannedCase], Any] = field(kw_only=True)


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


def own_rate(name: str) -> Callable[[CaseResult], Rate[Any] | None]:
    """Return what a method of your own answers."""
    return lambda r: r.own.get(name)


def of(answer: Callable[[CaseResult], Any], name: str) -> Callable[[CaseResult], Any]:
    """Return what the answer has under this name."""
    return lambda r: getattr(answer(r), name, None)


def end(answer: Callable[[CaseResult], Rate[Any] | None], name: str) -> Callable[[CaseResult], Any]:
    """Return an end of the interval of a rate."""
    return of(of(answer, "interval"), name)


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
    estimate = r.direct.estimate
    return f"{estimate.n_events}/{estimate.n_events + estimate.n_censored}"


def _refusal(r: CaseResult) -> str | None:
    """Return why methods that were wanted have no answer."""
    return "; ".join(f"{method}: {reason}" for method, reason in r.refusals.items()) or None


def planned_column(
    name: str,
    planned: Callable[[PlannedCase], Any],
    printed: tuple[int, str, str] | None = None,
) -> CaseColumn:
    """Return a column of what the study says of its cases."""
    place = printed and Printed(*printed)
    return PlannedColumn(name, lambda r: planned(r.case), place, planned=planned)


def column(
    name: str,
    value: Callable[[CaseResult], Any],
    printed: tuple[int, str, str] | None = None,
    units: str | None = None,
    meaning: str = "",
) -> CaseColumn:
    """Return a column of what was found."""
    return StudyColumn(name, value, printed and Printed(*printed), units, meaning)


def comparison(
    name: str, value: Callable[[CaseResult], Any], place: int, heading: str, cell: str
) -> CaseColumn:
    """Return a column that is only printed."""
    return StudyColumn(name, value, Printed(place, heading, cell), is_stored=False)


#: In the order of ``table.csv``. Rates are per unit of ``t = ηk``.
CASE_COLUMNS: tuple[CaseColumn, ...] = (
    planned_column("landscape", lambda c: c.family.landscape, (0, "landscape", "{landscape}")),
    column("dimension", lambda r: r.case.escape.dimension, (1, "n", "{dimension:d}")),
    planned_column(
        "learning_rate", lambda c: c.setting.learning_rate, (3, "η", "{learning_rate:g}")
    ),
    planned_column("batch_size", lambda c: c.setting.batch_size, (4, "B", "{batch_size:g}")),
    planned_column("loss_ratio", lambda c: c.loss_ratio, (5, "L^s/L*", "{loss_ratio:g}")),
    column("rate_formula", of(_formula, "rate"), units="1/t", meaning="power-law escape rate"),
    column(
        "rate_exact",
        of(_exact, "rate"),
        None,
        "1/t",
        "exact escape rate, where it is known",
    ),
    column(
        "rate_simulated",
        of(_simulated, "rate"),
        None,
        "1/t",
        "escape rate from simulated first passages",
    ),
    column(
        "rate_low",
        end(_simulated, "low"),
        None,
        "1/t",
        "lower end of the interval of rate_simulated",
    ),
    column(
        "rate_high",
        end(_simulated, "high"),
        None,
        "1/t",
        "upper end of the interval of rate_simulated",
    ),
    planned_column("confidence_level", lambda c: c.study.confidence_level),
    column("n_events", _of_direct("n_events"), None, "1", "paths that escaped"),
    column("n_censored", _of_direct("n_censored"), None, "1", "paths censored at max_time"),
    column("path_steps", of(_simulated, "path_steps"), None, "1", "integration steps of all paths"),
    column("wall_seconds", lambda r: round(r.wall_seconds, 3)),
    column(
        "rate_arrhenius",
        of(_arrhenius, "rate"),
        None,
        "1/t",
        "Eyring-Kramers rate, noise frozen at the minimum",
    ),
    PlannedColumn(
        *("temperature", lambda r: r.case.escape.temperature),
        planned=lambda c: c.setting.temperature,
    ),
    column("power_law_exponent", of(_formula, "exponent")),
    column("exposure", _of_direct("exposure"), None, "t", "total time at risk"),
    column(
        "time_step",
        lambda r: None if r.case.simulation is None else r.case.time_step,
        None,
        "t",
        "integration step at the minimum, where there is a simulation",
    ),
    planned_column("noise", lambda c: c.setting.noise, (2, "noise", "{noise}")),
    column("simulated_by", _simulated_by),
    column(
        "effective_events",
        of(_simulated, "effective_events"),
        None,
        "1",
        "independent escapes that would have the same relative standard error",
    ),
    *(
        column(f"log_rate_{name}", of(answer, "log_rate"), None, "1", f"natural log of rate_{name}")
        for name, answer in (
            ("formula", _formula),
            ("exact", _exact),
            ("simulated", _simulated),
            ("arrhenius", _arrhenius),
        )
    ),
    *(
        column(
            f"log_rate_{side}",
            end(_simulated, f"log_{side}"),
            None,
            "1",
            f"natural log of rate_{side}",
        )
        for side in ("low", "high")
    ),
    column("caveats", lambda r: "; ".join(r.case.caveats) or None),
    PlannedColumn("refusal", _refusal, planned=lambda c: getattr(c, "refusal", None)),
    comparison("shown_formula", _shown(_formula), 6, "formula", "{shown_formula:s}"),
    comparison("shown_exact", _shown(_exact), 8, "exact", "{shown_exact:s}"),
    comparison("shown_simulated", _shown(_simulated), 9, "simulated", "{shown_simulated:s}"),
    comparison(
        *("shown_interval", _interval, 10),
        *("{confidence_level:percent} interval", "{shown_interval:s}"),
    ),
    comparison("over_formula", _over(_formula), 11, "sim/formula", "{over_formula:.3f}"),
    comparison("over_exact", _over(_exact), 13, "sim/exact", "{over_exact:.3f}"),
    comparison("escapes", _escapes, 14, "escapes", "{escapes:s}"),
)

#: Printed where noise is constant: its law, as the formula is that of noise that follows the loss.
OF_CONSTANT_NOISE: tuple[CaseColumn, ...] = (
    comparison("shown_arrhenius", _shown(_arrhenius), 7, "Arrhenius", "{shown_arrhenius:s}"),
    comparison("over_arrhenius", _over(_arrhenius), 12, "sim/Arrh.", "{over_arrhenius:.3f}"),
)
