"""A measured escape: passages, exponent, tables, sentences and a Dataset."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from landscape_sim.columns import Rows, finite
from landscape_sim.comparison.network.prediction import independent_batch_size
from landscape_sim.estimators import ExponentFit
from landscape_sim.estimators.passage_time import REJECTION_LEVEL
from landscape_sim.report.report import Chart
from nn_bridge.measurements.charts import passage_chart, passage_points
from nn_bridge.measurements.curvature_tables import Curvature
from nn_bridge.measurements.replica_losses import ReplicaLosses
from nn_bridge.measurements.threshold_passages import (
    ThresholdPassage,
    passage_exponent,
    threshold_passages,
)
from nn_bridge.results.measurement import Measurement
from nn_bridge.training.beginning import WeightsOrigin
from nn_bridge.training.sgd import SgdSettings

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from landscape_sim.plots.style import AxesLike

#: Features and residuals.
Tangent = tuple[NDArray[np.float64], NDArray[np.float64]]

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
_UNITS = {"units": "t"}
#: Variables over the threshold that carry no unit of time.
_PLAIN = {"is_lower_bound", "exponentiality", "n_events", "n_censored"}


#: Columns of the passages that fit on one line, by their short names.
_SHORT = {
    "c": "c",
    "mean_time": "mean_time",
    "time_low": "low",
    "time_high": "high",
    "is_lower_bound": "at_least",
    "exponentiality": "p_exp",
    "look_bias": "look_bias",
    "n_events": "events",
    "n_censored": "censored",
}


@dataclass(frozen=True, kw_only=True)
class EscapeMeasurement(Measurement):
    """Losses of the replicas, and the curvature where they began.

    Attributes
    ----------
    losses : ReplicaLosses
    thresholds : tuple of float
        Values of ``c``, rising.
    curvature : Curvature
    sgd : SgdSettings
        ``η``, ``B`` and loss.
    origin : WeightsOrigin
    max_time : float
        ``t = ηk`` after which replicas are censored.
    tangent : tuple of ndarray, optional
        Features ``ψ``, shape (n, N), and residuals, shape (N,), of the tangent model.
    """

    figure_name: ClassVar[str] = "escape"

    losses: ReplicaLosses
    thresholds: tuple[float, ...]
    curvature: Curvature
    sgd: SgdSettings
    origin: WeightsOrigin
    max_time: float
    tangent: Tangent | None = None

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

    def rows(self) -> dict[str, Rows]:
        """Return the tables ``passages``, a row a threshold, and ``outliers``, a row a rule."""
        return {"passages": self.passage_rows(), "outliers": self.curvature.rule_rows()}

    def printed(self) -> dict[str, Rows]:
        """Return both tables, of the passages what fits on one line."""
        standing = self.curvature.standing
        passages = [
            {short: row[name] for name, short in _SHORT.items()} for row in self.passage_rows()
        ]
        return {
            f"First passage of the full loss to c L*, times in t = ηk{standing.suffix}": passages,
            self.curvature.outliers_title: self.curvature.short_rule_rows(),
        }

    def plot(self, axes: AxesLike | None = None) -> Figure:
        """Return the loss of some replicas (left) and the mean times against ``c`` (right)."""
        from nn_bridge.plots.escape import plot_escape

        title = (
            f"{self.origin.network.label} on {self.provenance.subject}, "
            f"η = {self.sgd.learning_rate:g}, B = {self.sgd.batch_size}"
            f"{self.curvature.standing.suffix}"
        )
        return plot_escape(self.dataset(), title, axes=axes)

    def charts(self) -> dict[str, Chart]:
        """Return the mean times against ``c``."""
        points = list(passage_points("network", self.passage_rows()))
        return {"chart-passages": passage_chart(points, "Points: with interval.")}

    def sentences(self) -> list[str]:
        """Return what was measured, what is predicted, and what the numbers assume."""
        loss, slope = self.losses.initial_loss, self.curvature.gradient_norm
        # The time on which gradient flow alone would lower the loss.
        drift = loss / max(slope**2, 1e-300)
        return [
            f"{self.curvature.standing.place}, {self.describe_exponent()}; "
            f"{self.curvature.describe_exponents()}.",
            *self.curvature.standing.warnings(),
            f"L* = {loss:.4g}, |∇L| = {slope:.3g}: without noise the loss would still fall, on a "
            f"time scale of t = {drift:.3g}.",
            f"Predicted: {self.curvature.describe_band()}.",
            *self.remarks(),
            "p_exp tests exponential times, which no interval without censored replicas assumes; "
            "at_least marks lower bounds.",
        ]

    def numbers(self) -> dict[str, Any]:
        """Return ``L*``, the exponents predicted and measured, and the passages."""
        low, high = self.curvature.exponent_range
        fit = self.exponent
        return {
            "loss": self.losses.initial_loss,
            "gradient_norm": self.curvature.gradient_norm,
            "exponent_predicted_low": low,
            "exponent_predicted_high": high,
            "open_rules": self.curvature.open_rules,
            "exponent_measured": None if fit is None else fit.exponent,
            "exponent_measured_low": None if fit is None else fit.interval.low,
            "exponent_measured_high": None if fit is None else fit.interval.high,
            "passages": self.passage_rows(),
        }

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
                    "time_high": finite(passage.interval.high),
                    "is_lower_bound": passage.is_lower_bound,
                    "exponentiality": passage.exponentiality,
                    "look_bias": finite(found.look_bias),
                    "n_events": passage.n_events,
                    "n_censored": passage.n_censored,
                    "method": passage.method,
                    "point": self.curvature.standing.label,
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

    def dataset(self) -> xr.Dataset:
        """Return losses over replica and time, times over threshold, outliers over rule."""
        import xarray as xr

        n_replicas, n_looks = self.losses.ratios.shape
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
                **self._columns(),
                **shared.data_vars,
            },
            coords={
                "time": ("time", times, _UNITS),
                "threshold": list(self.thresholds),
                "rule": [row["rule"] for row in self.curvature.rule_rows()],
                "replica": np.arange(n_replicas),
            },
            attrs={
                "initial_loss": self.losses.initial_loss,
                "gradient_norm": self.curvature.gradient_norm,
                "learning_rate": self.sgd.learning_rate,
                "batch_size": self.sgd.batch_size,
                "max_time": self.max_time,
                "independent_batch_size": independent_batch_size(
                    self.sgd.batch_size, self.provenance.data.samples
                ),
                "point": self.curvature.standing.label,
                "trace": self.curvature.density.trace[0],
                **self._exponent_attributes(),
                "data": self.provenance.data.provenance,
            },
        ).assign(self._tangent_variables())

    def _columns(self) -> dict[str, Any]:
        rows = self.passage_rows()
        return {
            name: (
                "threshold",
                [np.nan if row[name] is None else float(row[name]) for row in rows],
                {} if name in _PLAIN else _UNITS,
            )
            for name in _COLUMNS
        }

    def _tangent_variables(self) -> dict[str, Any]:
        if self.tangent is None:
            return {}
        features, residuals = self.tangent
        return {
            "tangent_feature": (("direction", "sample"), features),
            "tangent_residual": ("sample", residuals),
        }

    def _exponent_attributes(self) -> dict[str, float]:
        fit = self.exponent
        if fit is None:
            return {}
        return {
            "exponent": fit.exponent,
            "exponent_low": fit.interval.low,
            "exponent_high": fit.interval.high,
        }
