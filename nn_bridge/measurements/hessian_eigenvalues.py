"""The Hessian's largest eigenvalues alone: what there is of a curvature that was interrupted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from landscape_sim.columns import Rows
from landscape_sim.report.report import Chart
from nn_bridge.curvature.eigenpairs import TopEigenpairs
from nn_bridge.measurements.curvature_tables import hessian_dataset, hessian_rows
from nn_bridge.measurements.spectrum_charts import eigenvalue_chart
from nn_bridge.results.measurement import Measurement

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from landscape_sim.plots.style import AxesLike


@dataclass(frozen=True, kw_only=True)
class HessianEigenvalues(Measurement):
    """What there is of a curvature that was interrupted: the Hessian's largest eigenvalues."""

    figure_name: ClassVar[str] = "eigenvalues"

    hessian: TopEigenpairs

    def rows(self) -> dict[str, Rows]:
        """Return the table ``eigenvalues``."""
        return {"eigenvalues": hessian_rows(self.hessian)}

    def dataset(self) -> xr.Dataset:
        """Return the eigenvalues over their rank."""
        return hessian_dataset(self.hessian).assign_attrs(data=self.provenance.data.provenance)

    def plot(self, axes: AxesLike | None = None) -> Figure:
        """Return the eigenvalues in order."""
        from nn_bridge.plots.spectrum import plot_eigenvalues

        return plot_eigenvalues(self.dataset(), self.provenance.subject, axes=axes)

    def printed(self) -> dict[str, Rows]:
        """Return the eigenvalues."""
        return {"Largest eigenvalues of the Hessian": hessian_rows(self.hessian)}

    def charts(self) -> dict[str, Chart]:
        """Return the eigenvalues in order."""
        return {self.figure_name: eigenvalue_chart(hessian_rows(self.hessian))}

    def sentences(self) -> list[str]:
        """Return that it was interrupted: nothing was concluded."""
        largest = self.hessian.values[0]
        return [f"Interrupted: the largest eigenvalue is {largest:.4g}; no outliers were counted."]

    def numbers(self) -> dict[str, Any]:
        """Return the eigenvalues."""
        return {"eigenvalues": hessian_rows(self.hessian)}
