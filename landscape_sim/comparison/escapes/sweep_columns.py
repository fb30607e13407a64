"""Every column of the table of exponents, one row a sweep over loss ratios.

A new column is one entry here. It then stands in ``exponents.csv``, in the JSON document and in
``exponents()``; with units also in the NetCDF file, with a place also in print.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.escapes.study_column import Printed, StudyColumn
from landscape_sim.comparison.escapes.verdict import SweepVerdict
from landscape_sim.estimators import ExponentFit, LawComparison


def _of_fit(value: Callable[[ExponentFit], Any]) -> Callable[[SweepVerdict], Any]:
    return lambda v: None if v.fit is None else value(v.fit)


def _of_laws(value: Callable[[LawComparison], Any]) -> Callable[[SweepVerdict], Any]:
    return lambda v: None if v.laws is None else value(v.laws)


#: In the order of ``exponents.csv``.
SWEEP_COLUMNS: tuple[StudyColumn[SweepVerdict], ...] = (
    StudyColumn(
        "landscape", lambda v: v.case.family.landscape, Printed(0, "landscape", "{landscape}")
    ),
    StudyColumn("dimension", lambda v: v.case.escape.dimension, Printed(1, "n", "{dimension:d}")),
    StudyColumn("noise", lambda v: v.case.setting.noise, Printed(2, "noise", "{noise}")),
    StudyColumn(
        "learning_rate",
        lambda v: v.case.setting.learning_rate,
        Printed(3, "η", "{learning_rate:g}"),
    ),
    StudyColumn(
        "batch_size", lambda v: v.case.setting.batch_size, Printed(4, "B", "{batch_size:g}")
    ),
    StudyColumn(
        "fitted", _of_fit(lambda fit: fit.exponent), Printed(7, "fitted", "{fitted:.3f}"), "1"
    ),
    StudyColumn(
        "low",
        _of_fit(lambda fit: fit.interval.low),
        Printed(8, "{confidence_level:percent} interval", "{low:.3f} … {high:.3f}"),
        "1",
    ),
    StudyColumn("high", _of_fit(lambda fit: fit.interval.high), units="1"),
    StudyColumn(
        "predicted",
        lambda v: v.predicted,
        Printed(5, "B/(ηh*)+1−n/2", "{predicted:.3f}"),
        "1",
    ),
    StudyColumn("exact", lambda v: v.exact, Printed(6, "exact slope", "{exact:.3f}"), "1"),
    StudyColumn("log_likelihood_power_law", _of_laws(lambda laws: laws.power_law.log_likelihood)),
    StudyColumn("log_likelihood_arrhenius", _of_laws(lambda laws: laws.arrhenius.log_likelihood)),
    StudyColumn(
        "favoured", _of_laws(lambda laws: laws.favoured), Printed(10, "favoured", "{favoured}")
    ),
    StudyColumn(
        "difference",
        _of_laws(lambda laws: laws.log_likelihood_difference),
        Printed(9, "ΔlogL", "{difference:+.1f}"),
        is_stored=False,
    ),
    StudyColumn("confidence_level", lambda v: v.case.study.confidence_level, is_stored=False),
    StudyColumn("temperature", lambda v: v.case.escape.temperature),
    StudyColumn("repeat", lambda v: v.case.setting.repeat),
)

#: Printed where every setting is a temperature, in place of ``η`` and ``B``.
_TEMPERATURE = Printed(3, "T", "{temperature:.4g}")


def sweep_columns(study: Study) -> tuple[StudyColumn[SweepVerdict], ...]:
    """Return the columns as they are printed for a study."""
    if any(setting.temperature is None for setting in study.settings):
        return SWEEP_COLUMNS
    shown = {"learning_rate": None, "batch_size": None, "temperature": _TEMPERATURE}
    return tuple(
        replace(column, printed=shown.get(column.name, column.printed)) for column in SWEEP_COLUMNS
    )
