"""Measured decoupling as tables, sentences and a Dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from landscape_sim.columns import Rows
from landscape_sim.report.report import Chart
from nn_bridge.measurements.decoupling_spectra import DecouplingSpectra
from nn_bridge.measurements.spectrum_charts import decoupling_charts
from nn_bridge.results.measurement import Measurement
from nn_bridge.training.beginning import WeightsOrigin

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from landscape_sim.plots.style import AxesLike

#: Shares of the trace and ratios for which the results say what ranks they hold.
_TRACE_SHARES = (0.5, 0.9, 0.99)
_FALLEN_RATIOS = (0.9, 0.5)
_TOLERANCE = 0.1


@dataclass(frozen=True, kw_only=True)
class DecouplingMeasurement(Measurement):
    """Exact and decoupled spectra of a network at some epochs.

    Attributes
    ----------
    spectra : mapping of int to DecouplingSpectra
        By epoch.
    origin : WeightsOrigin
        Of the first of them.
    """

    figure_name: ClassVar[str] = "spectra"

    spectra: Mapping[int, DecouplingSpectra]
    origin: WeightsOrigin

    def rows(self) -> dict[str, Rows]:
        """Return the tables ``decoupling``, a row an epoch, ``leading`` and ``fallen``."""
        return {
            "decoupling": self._decoupling_rows(),
            "leading": self._leading_rows(),
            "fallen": self._fallen_rows(),
        }

    def _decoupling_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "epoch": epoch,
                "loss": spectra.loss,
                "trace_ratio": spectra.trace_ratio,
                "trace_error": spectra.trace_ratio_error,
                "distance": spectra.trace_weighted_distance,
                f"within_{_TOLERANCE:.0%}": spectra.share_within(_TOLERANCE),
                "smallest": float(np.nanmin(spectra.ratios)),
                "largest": float(np.nanmax(spectra.ratios)),
            }
            for epoch, spectra in self.spectra.items()
        ]

    def _leading_rows(self) -> list[dict[str, Any]]:
        """Return the ratios of the ranks that hold a share of the trace."""
        return [
            {"epoch": epoch, **asdict(spectra.leading(share))}
            for epoch, spectra in self.spectra.items()
            for share in _TRACE_SHARES
        ]

    def _fallen_rows(self) -> list[dict[str, Any]]:
        """Return from which rank on the ratio stays low."""
        fallen = [
            (epoch, spectra.fallen(ratio))
            for epoch, spectra in self.spectra.items()
            for ratio in _FALLEN_RATIOS
        ]
        return [
            {"epoch": epoch, **asdict(ranks)}
            for epoch, ranks in fallen
            if ranks.first_rank is not None
        ]

    def printed(self) -> dict[str, Rows]:
        """Return all three tables."""
        titles = {
            "decoupling": "(1/N) Σ ℓ_μ C_μ against L (1/N) Σ C_μ",
            "leading": "Exact over decoupled eigenvalue, of the largest that hold a share of the "
            "trace",
            "fallen": "Ranks from which on exact over decoupled eigenvalue stays below a ratio",
        }
        return {titles[name]: rows for name, rows in self.rows().items()}

    def plot(self, axes: AxesLike | None = None) -> Figure:
        """Return both spectra (above) and their ratio (below), a column an epoch."""
        from nn_bridge.plots.decoupling import plot_decoupling

        title = f"{self.origin.network.label}, {self.provenance.data.provenance}"
        return plot_decoupling(self.dataset(), title, axes=axes)

    def charts(self) -> dict[str, Chart]:
        """Return spectra, ratios and traces."""
        return decoupling_charts(self.dataset())

    def dataset(self) -> xr.Dataset:
        """Return the spectra over epoch and rank."""
        import xarray as xr

        spectra = self.spectra.values()
        rank = ("epoch", "rank")
        return xr.Dataset(
            {
                "exact": (rank, [s.exact for s in spectra], {"long_name": "of (1/N) Σ ℓ_μ C_μ"}),
                "decoupled": (
                    rank,
                    [s.decoupled for s in spectra],
                    {"long_name": "of L (1/N) Σ C_μ"},
                ),
                "ratio": (rank, [s.ratios for s in spectra], {"long_name": "exact/decoupled"}),
                "loss": ("epoch", [s.loss for s in spectra]),
                "trace_ratio": ("epoch", [s.trace_ratio for s in spectra]),
                "trace_ratio_error": ("epoch", [s.trace_ratio_error for s in spectra]),
                "trace_weighted_distance": ("epoch", [s.trace_weighted_distance for s in spectra]),
            },
            coords={
                "epoch": list(self.spectra),
                "rank": np.arange(1, self.provenance.data.samples + 1),
            },
            attrs={"data": self.provenance.data.provenance},
        )

    def sentences(self) -> list[str]:
        """Return how far the spectra agree at the last epoch, and what the paper says."""
        epoch, last = list(self.spectra.items())[-1]
        half, most, nearly_all = (last.leading(share) for share in _TRACE_SHARES)
        return [
            f"At epoch {epoch} exact over decoupled is {last.trace_ratio:.3f} ± "
            f"{last.trace_ratio_error:.2g} for the trace; rank by rank {half.low:.3g} … "
            f"{half.high:.3g} among the {half.n_ranks} that hold {half.trace_share:.0%} of it, "
            f"{most.low:.3g} … {most.high:.3g} among the {most.n_ranks} with "
            f"{most.trace_share:.0%}, {nearly_all.low:.3g} … {nearly_all.high:.3g} with "
            f"{nearly_all.trace_share:.0%}, {np.nanmin(last.ratios):.2g} … "
            f"{np.nanmax(last.ratios):.3g} among all {last.exact.size}.",
            "The paper: the two spectra agree except for very small eigenvalues.",
            f"The trace-weighted distance is {last.trace_weighted_distance:.2g}.",
        ]
