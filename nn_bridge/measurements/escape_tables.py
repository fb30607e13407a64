"""A measured escape as tables, sentences and a Dataset."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from landscape_sim.estimators import ExponentFit
from landscape_sim.estimators.passage_time import REJECTION_LEVEL
from nn_bridge.measurements.curvature_tables import CurvatureStudy
from nn_bridge.measurements.escape import (
    LossRecord,
    ThresholdPassage,
    passage_exponent,
    threshold_passages,
)
from nn_bridge.training.sgd import SgdSettings

if TYPE_CHECKING:
    import xarray as xr

_COLUMNS = (
    "mean_time",
    "time_low",
    "time_high",
    "is_lower_bound",
    "exponentiality",
    "look_bias",
    "n_events",
    "n_censored",
)
#: Variables over the threshold that carry no unit of time.
_PLAIN = {"is_lower_bound", "exponentiality", "n_events", "n_censored"}


@dataclass(frozen=True)
class EscapeRecord:
    """Losses of the replicas, and the curvature where they began.

    Attributes
    ----------
    losses : LossRecord
    thresholds : tuple of float
        Values of ``c``, rising.
    curvature : CurvatureStudy
    settings : SgdSettings
    """

    losses: LossRecord
    thresholds: tuple[float, ...]
    curvature: CurvatureStudy
    settings: SgdSettings

    @cached_property
    def passages(self) -> list[ThresholdPassage]:
        """The first passage to each threshold."""
        return threshold_passages(self.losses, self.thresholds)

    @cached_property
    def exponent(self) -> ExponentFit | None:
        """Exponent of the mean time in ``c`` over all thresholds; None with passages to one."""
        if sum(found.passage.n_events > 0 for found in self.passages) < 2:
            return None
        return passage_exponent(self.losses, self.thresholds)

    def passage_rows(self) -> list[dict[str, Any]]:
        """Return one row for each threshold; an upper end without limit, or a bias, is None."""
        rows = []
        for found in self.passages:
            passage = found.passage
            rows.append(
                {
                    "c": found.threshold,
                    "mean_time": passage.mean_time,
                    "time_low": passage.interval.low,
                    "time_high": _finite(passage.interval.high),
                    "is_lower_bound": passage.is_lower_bound,
                    "exponentiality": passage.exponentiality,
                    "look_bias": _finite(found.look_bias),
                    "n_events": passage.n_events,
                    "n_censored": passage.n_censored,
                    "method": passage.method,
                }
            )
        return rows

    def describe_exponent(self) -> str:
        """Return one line with the exponent and its interval."""
        fit = self.exponent
        if fit is None:
            return "too few passages for an exponent"
        line = (
            f"exponent of the mean time in c, over c = {min(self.thresholds):g} … "
            f"{max(self.thresholds):g}: {fit.exponent:.3g} [{fit.interval.low:.3g}, "
            f"{fit.interval.high:.3g}]"
        )
        if any(found.passage.n_censored for found in self.passages):
            line += ", of passages per exposure, as replicas were censored"
        return line

    def remarks(self) -> list[str]:
        """Return what the times are not: exponential, or seen at once."""
        found = []
        rejected = [
            f"{row['c']:g}"
            for row in self.passage_rows()
            if row["exponentiality"] is not None and row["exponentiality"] < REJECTION_LEVEL
        ]
        if rejected:
            levels = ", ".join(rejected)
            found.append(
                f"The times are not exponential (p < {REJECTION_LEVEL:g}) at c = {levels}."
            )
        if self.losses.look_every > 1:
            found.append(
                "look_bias bounds what the looks add to a mean time if missed excursions fall at "
                "least as fast as the square root of the interval; a passage that lasts to the "
                "next look is seen at most one interval late."
            )
        return found

    def to_dataset(self) -> xr.Dataset:
        """Return losses over replica and time, times over threshold, outliers over rule."""
        import xarray as xr

        rows, rules = self.passage_rows(), self.curvature.rule_rows()
        n_replicas, n_looks = self.losses.ratios.shape
        units = {"units": "t"}
        columns = {
            name: (
                "threshold",
                [np.nan if row[name] is None else float(row[name]) for row in rows],
                {} if name in _PLAIN else units,
            )
            for name in _COLUMNS
        }
        curvature = self.curvature.to_dataset()
        shared = curvature[
            ["eigenvalue", "n_outliers", "is_open", "outlier_curvature", "exponent"]
        ].reset_coords(drop=True)
        times = self.losses.look_interval * np.arange(1, n_looks + 1)
        return xr.Dataset(
            {
                "loss_ratio": (
                    ("replica", "time"),
                    self.losses.ratios.astype(np.float32),
                    {"long_name": "L/L*; NaN after the highest threshold"},
                ),
                **columns,
                **shared.data_vars,
            },
            coords={
                "time": ("time", times, units),
                "threshold": list(self.thresholds),
                "rule": [row["rule"] for row in rules],
                "replica": np.arange(n_replicas),
            },
            attrs={
                "initial_loss": self.losses.initial_loss,
                "gradient_norm": self.curvature.gradient_norm,
                "learning_rate": self.settings.learning_rate,
                "batch_size": self.settings.batch_size,
                "trace": self.curvature.density.trace[0],
                **self._exponent_attributes(),
            },
        )

    def _exponent_attributes(self) -> dict[str, float]:
        fit = self.exponent
        if fit is None:
            return {}
        return {
            "exponent": fit.exponent,
            "exponent_low": fit.interval.low,
            "exponent_high": fit.interval.high,
        }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
