"""What there is to see of a training: the loss along the run and at its checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from landscape_sim.columns import Rows
from landscape_sim.report.report import Chart
from nn_bridge.measurements.charts import history_chart
from nn_bridge.results.measurement import Measurement
from nn_bridge.training.checkpoints import TrainingRecord
from nn_bridge.training.folder import KeptCheckpoint

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from landscape_sim.plots.style import AxesLike


@dataclass(frozen=True, kw_only=True)
class TrainingHistory(Measurement):
    """The loss along a run of SGD.

    Attributes
    ----------
    record : TrainingRecord
        How the weights came about, with the mean batch loss of every epoch.
    kept : tuple of KeptCheckpoint
        ``L(θ)`` over all samples at some epochs.
    """

    figure_name: ClassVar[str] = "history"

    record: TrainingRecord
    kept: tuple[KeptCheckpoint, ...]

    def rows(self) -> dict[str, Rows]:
        """Return the table ``history``, a row an epoch."""
        losses = enumerate(self.record.losses, start=1)
        return {"history": [{"epoch": epoch, "batch_loss": loss} for epoch, loss in losses]}

    def dataset(self) -> xr.Dataset:
        """Return the losses over epoch and checkpoint."""
        import xarray as xr

        losses = list(self.record.losses)
        kept = [found.loss for found in self.kept]
        return xr.Dataset(
            {
                "batch_loss": ("epoch", losses, {"long_name": "mean loss of the batches"}),
                "loss": ("checkpoint", kept, {"long_name": "loss, all samples"}),
            },
            coords={
                "epoch": list(range(1, self.record.epoch + 1)),
                "checkpoint": [found.epoch for found in self.kept],
            },
            attrs={"record": self.record.model_dump_json(exclude={"losses"})},
        )

    def plot(self, axes: AxesLike | None = None) -> Figure:
        """Return the losses against the epoch, drawn on ``axes`` if they are given."""
        from nn_bridge.plots.training import plot_history

        record = self.record
        title = f"{record.network.label} on {record.data.name}, η = {record.learning_rate:g}"
        return plot_history(self.dataset(), f"{title}, B = {record.batch_size}", axes=axes)

    def printed(self) -> dict[str, Rows]:
        """Return the checkpoints."""
        return {"Checkpoints and the loss over all samples": self._checkpoints()}

    def charts(self) -> dict[str, Chart]:
        """Return the losses against the epoch."""
        return {"history": history_chart(self.rows()["history"], self._checkpoints())}

    def _checkpoints(self) -> Rows:
        return [{"epoch": k.epoch, "loss": k.loss, "checkpoint": str(k.path)} for k in self.kept]

    def sentences(self) -> list[str]:
        """Return how far it came, and by how much the loss fell."""
        if not self.kept:
            return ["Interrupted before the first checkpoint: the network is as it was."]
        first, last = self.kept[0], self.kept[-1]
        was = "is" if first is last else f"went from {first.loss:.4g} at epoch {first.epoch} to"
        record = self.record
        return [
            f"The loss over all samples {was} {last.loss:.4g} at epoch {last.epoch}, by SGD with "
            f"η = {record.learning_rate:g}, B = {record.batch_size}."
        ]

    def numbers(self) -> dict[str, Any]:
        """Return how far it came."""
        return {"epoch": self.record.epoch}
