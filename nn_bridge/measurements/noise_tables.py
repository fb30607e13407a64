"""The noise along a run, measured: exponents, tables, sentences and a Dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from landscape_sim.columns import Rows
from landscape_sim.estimators.noise_exponent import NoiseExponentFit
from landscape_sim.report.report import Chart
from nn_bridge.gradients.alignment import Alignment
from nn_bridge.measurements.charts import noise_chart
from nn_bridge.measurements.noise_series import NoiseSeries
from nn_bridge.results.measurement import Measurement
from nn_bridge.training.beginning import WeightsOrigin
from nn_bridge.training.sgd import SgdSettings

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from landscape_sim.plots.style import AxesLike

Fits = Mapping[str, NoiseExponentFit | str]


@dataclass(frozen=True, kw_only=True)
class NoiseMeasurement(Measurement):
    """Loss and noise strength along a run.

    Attributes
    ----------
    series : NoiseSeries
        What was measured at each epoch.
    window : (float, float) or None
        Of the loss, over which alone to fit.
    first_epoch : int
        Epochs that had been done at the start.
    alignment_samples : int
        Over how many samples to align.
    sgd : SgdSettings
    origin : WeightsOrigin
    alignment : Alignment or None
        Of the noise with the Hessian, at the end.
    alignment_refusal : str or None
        Why there is none, where one was to be measured.
    """

    figure_name: ClassVar[str] = "noise"

    series: NoiseSeries
    window: tuple[float, float] | None
    first_epoch: int
    alignment_samples: int
    sgd: SgdSettings
    origin: WeightsOrigin
    alignment: Alignment | None = None
    alignment_refusal: str | None = None

    @cached_property
    def fits(self) -> Fits:
        """Exponent over each window of the loss, or why there is none."""
        return self.series.fits(self.window)

    def rows(self) -> dict[str, Rows]:
        """Return the tables ``noise``, a row an epoch, ``exponents`` and ``alignment``."""
        return {
            "noise": series_rows(self.series, self.first_epoch),
            "exponents": fit_rows(self.fits),
            "alignment": alignment_rows(self.alignment),
        }

    def printed(self) -> dict[str, Rows]:
        """Return exponents and alignment."""
        return {
            "Exponent of 𝒩 in L": fit_rows(self.fits),
            "Noise along the eigenvectors of H": alignment_rows(self.alignment),
        }

    def charts(self) -> dict[str, Chart]:
        """Return the noise strength against the loss."""
        rows = series_rows(self.series, self.first_epoch)
        return {"chart-noise": noise_chart(rows, fit_rows(self.fits))}

    def plot(self, axes: AxesLike | None = None) -> Figure:
        """Return loss and noise against the epoch (left) and one another (right)."""
        from nn_bridge.plots.noise import plot_noise

        sgd = self.sgd
        title = (
            f"{self.origin.network.label} on {self.provenance.subject}, "
            f"η = {sgd.learning_rate:g}, B = {sgd.batch_size}, {sgd.loss}"
        )
        return plot_noise(self.dataset(), title, axes=axes)

    def dataset(self) -> xr.Dataset:
        """Return everything over epoch, window of the fit and rank of the eigenvector."""
        import xarray as xr

        rows, fitted = series_rows(self.series, self.first_epoch), fit_rows(self.fits)
        names = {"low": "exponent_low", "high": "exponent_high"}
        names |= {"L_low": "window_low", "L_high": "window_high", "exponent": "exponent"}
        dataset = xr.Dataset(
            {name: ("epoch", [row[name] for row in rows]) for name in rows[0] if name != "epoch"}
            | {names[key]: ("window", [row[key] for row in fitted]) for key in names},
            coords={
                "epoch": [row["epoch"] for row in rows],
                "window": [row["window"] for row in fitted],
            },
            attrs={"method": self.series.points[0].method},
        )
        if (found := self.alignment) is not None:
            dataset["curvature"] = ("rank", found.curvatures, {"long_name": "h, Gauss-Newton"})
            dataset["noise_along"] = ("rank", found.noise_along)
            dataset.attrs["cosine"] = found.cosine
            dataset.attrs["isotropic_cosine"] = found.isotropic_cosine
        return dataset.assign_attrs(data=self.provenance.data.provenance)

    def numbers(self) -> dict[str, Any]:
        """Return cost, agreement of the two methods and alignment."""
        cost, alignment = self.series.cost, self.alignment
        return {
            "cost": None if np.isnan(cost) else cost,
            "rms_score": self._rms_score,
            "cosine": None if alignment is None else alignment.cosine,
            "isotropic_cosine": None if alignment is None else alignment.isotropic_cosine,
        }

    @property
    def _rms_score(self) -> float | None:
        scores = self.series.batch_scores()
        return float(np.sqrt(np.mean(scores**2))) if scores.size else None

    def sentences(self) -> list[str]:
        """Return whether 𝒩 follows L, and what the two methods and the alignment say."""
        found = [
            self._answer(),
            "The paper: 𝒩 ∝ L, exponent 1, in the later stage of training.",
            f"𝒩 by {self.series.points[0].method}.",
        ]
        found += [
            f"No exponent, {name}: {fit}."
            for name, fit in self.fits.items()
            if isinstance(fit, str)
        ]
        found += [
            f"{name}: the residuals stay correlated for so long that blocks of {fit.block_length} "
            f"of {fit.n_points} points, a quarter, are too short; the interval may be too narrow."
            for name, fit in self.fits.items()
            if isinstance(fit, NoiseExponentFit) and fit.block_is_capped
        ]
        if not np.isnan(self.series.cost):
            found.append(f"A measurement cost {self.series.cost:.2f} times an epoch of training.")
        if (score := self._rms_score) is not None:
            found.append(
                f"Mini-batch against layer-wise 𝒩: rms {score:.2f} standard "
                f"errors over {len(self.series.epochs)} epochs."
            )
        if self.alignment_refusal is not None:
            found.append(f"No alignment of Σ with H: {self.alignment_refusal}.")
        if (alignment := self.alignment) is not None:
            found.append(
                f"Σ and H at the end, over {self.alignment_samples} samples: "
                f"cosine {alignment.cosine:.3f}; noise without a direction would "
                f"have {alignment.isotropic_cosine:.3g}. With K outputs of independent residuals "
                "of one size, noise/(2 L h) would be 1/K."
            )
        return found

    def _answer(self) -> str:
        # The last window is the one that is asked about: the later stage, or that which is given.
        name, fit = list(self.fits.items())[-1]
        if isinstance(fit, str):
            loss = self.series.loss
            return (
                f"It is open whether 𝒩 follows L, which went from {loss[0]:.4g} to {loss[-1]:.4g}."
            )
        low, high = fit.interval.low, fit.interval.high
        said = "is not rejected" if low <= 1 <= high else "is rejected"
        return (
            f"𝒩 follows L with the exponent {fit.exponent:.3f} [{low:.3f}, {high:.3f}] ({name}, "
            f"{fit.decades:.2g} decades): exponent 1 {said}."
        )


def series_rows(series: NoiseSeries, first_epoch: int) -> list[dict[str, Any]]:
    """Return one row for each epoch."""
    rows = []
    for number, (epoch, point) in enumerate(zip(series.epochs, series.points, strict=True)):
        row = {
            "epoch": first_epoch + epoch,
            "loss": point.loss,
            "noise_strength": point.noise_strength,
            "standard_error": point.standard_error,
            "squared_gradient": point.squared_gradient,
        }
        if series.by_batches:
            row["noise_by_batches"] = series.by_batches[number].noise_strength
            row["noise_by_batches_error"] = series.by_batches[number].standard_error
        rows.append(row)
    return rows


def fit_rows(fits: Fits) -> list[dict[str, Any]]:
    """Return one row for each window that has an exponent."""
    return [
        {
            "window": name,
            "exponent": fit.exponent,
            "low": fit.interval.low,
            "high": fit.interval.high,
            "L_low": fit.window[0],
            "L_high": fit.window[1],
            "decades": fit.decades,
            "points": fit.n_points,
            "block": fit.block_length,
            "capped": fit.block_is_capped,
        }
        for name, fit in fits.items()
        if isinstance(fit, NoiseExponentFit)
    ]


def alignment_rows(alignment: Alignment | None) -> list[dict[str, Any]]:
    """Return one row for each leading eigenvector of the Gauss–Newton matrix."""
    if alignment is None:
        return []
    columns = alignment.curvatures, alignment.noise_along, alignment.direction_ratios
    return [
        {"rank": rank, "h": h, "noise_along": noise, "noise/(2 L h)": ratio}
        for rank, (h, noise, ratio) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True), start=1
        )
    ]
