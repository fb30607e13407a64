"""Train, and what there is to see of it: the loss along the run and at its checkpoints."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import Dataset
from nn_bridge.data.description import DataSpec
from nn_bridge.data.own_data import AnyData, as_dataset
from nn_bridge.results.measurement import Measurement, Rows
from nn_bridge.results.progress import Part, Progress, silent
from nn_bridge.results.provenance import Provenance, provenance_of, read_provenance
from nn_bridge.results.storing import measure_and_store
from nn_bridge.training.beginning import UNKNOWN, Place, WeightsOrigin
from nn_bridge.training.checkpoints import OWN, TrainingRecord
from nn_bridge.training.finished_epochs import FinishedEpochs
from nn_bridge.training.folder import (
    KeptCheckpoint,
    kept_checkpoints,
    latest_checkpoint,
    require_later,
    train_in_folder,
)
from nn_bridge.training.sgd import SgdSettings, check_training, descend, full_loss

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
        rows = [{"epoch": k.epoch, "loss": k.loss, "checkpoint": str(k.path)} for k in self.kept]
        return {"Checkpoints and the loss over all samples": rows}

    def sentences(self) -> list[str]:
        """Return nothing: the table says it all."""
        return []

    def numbers(self) -> dict[str, Any]:
        """Return how far it came."""
        return {"epoch": self.record.epoch}


# Wide: what is trained (4), and what is kept, told and known of it.
def train(
    network: nn.Module,
    data: AnyData,
    settings: SgdSettings,
    epochs: int,
    *,
    out: Path | str | None = None,
    keep: Collection[int] = (),
    origin: WeightsOrigin = UNKNOWN,
    progress: Progress = silent,
) -> TrainingHistory:
    """Train ``network`` in place by plain SGD, ``θ_{k+1} = θ_k − η ∇L_{B_k}(θ_k)``.

    Parameters
    ----------
    network : torch.nn.Module
        Of any kind; on the device and in the dtype of the data. It is trained in the mode that it
        is in: dropout draws from torch's global generator, which ``settings.seed`` does not
        set. Losses over all samples are those in evaluation mode.
    data : Dataset, pair of tensors, or torch.utils.data.Dataset
        See :func:`~nn_bridge.data.own_data.as_dataset`.
    settings : SgdSettings
        ``η``, ``B``, loss and seed of the batches.
    epochs : int
    out : path, optional
        Folder to create, for checkpoints as it goes, history, figure and ``run.json``. A run
        of a network that :func:`~nn_bridge.training.networks.build_network` knows can be
        continued there by :func:`resume_training`.
    keep : collection of int
        Epochs whose checkpoints stay in ``out``, besides the last.
    origin : WeightsOrigin
        How the network was built, if it is one of the paper's.
    progress : callable, optional
        See :data:`~nn_bridge.results.progress.Progress`.

    Returns
    -------
    TrainingHistory
        On Ctrl-C, of the epochs that were done; the network is at the end of the last of them.

    Raises
    ------
    InputError
        If network, loss and data do not fit one another, or the loss is no longer finite.
    """
    dataset = as_dataset(data)
    check_training(network, dataset, settings)
    record = TrainingRecord(
        **asdict(settings), network=origin.network, data=DataSpec.of(dataset), epoch=0
    )
    seeded = "batches" if origin.network.name == OWN else "weights and batches"
    provenance = provenance_of(
        "train",
        {
            "network": origin.network.model_dump(),
            **asdict(settings),
            "epochs": epochs,
            "keep": sorted(keep),
        },
        dataset,
        seeds={seeded: settings.seed},
    )
    run = _Run(provenance, network, dataset, epochs, frozenset(keep), progress)
    return measure_and_store(
        provenance,
        out,
        lambda keeper: (
            run.in_memory(record) if keeper.folder is None else run.in_folder(keeper.folder, record)
        ),
    )


def resume_training(
    folder: Path,
    epochs: int | None = None,
    *,
    place: Place = Place(),  # noqa: B008 (frozen)
    progress: Progress = silent,
) -> TrainingHistory:
    """Continue the run in ``folder``, to ``epochs`` in all if given.

    The result has the same bits as if the run had not been stopped.

    Raises
    ------
    InputError
        If the folder holds no training run, it is further than ``epochs``, or its data cannot
        be loaded again.
    """
    device = place.find_device()
    provenance = read_provenance(folder)
    if provenance.command != "train":
        raise InputError(f"{folder} is of nn-bridge {provenance.command}; name a folder of train")
    checkpoint = latest_checkpoint(folder)
    record = checkpoint.record
    epochs = int(provenance.settings["epochs"]) if epochs is None else epochs
    require_later(epochs, record)
    settings = {**provenance.settings, "epochs": epochs}
    provenance = provenance.model_copy(update={"settings": settings, "device": str(device)})
    network = checkpoint.network().to(device)
    dataset = record.data.load(place.data_dir).to(device)
    check_training(network, dataset, record.sgd)
    # Before the first step: a run that is killed can then be resumed to the same end.
    provenance.write(folder, is_complete=False)
    keep = frozenset(provenance.settings["keep"])
    history = _Run(provenance, network, dataset, epochs, keep, progress).in_folder(folder, record)
    history.write_into(folder)
    provenance.write(folder, is_complete=history.is_complete)
    return history


@dataclass(frozen=True)
class _Run:
    """A run to ``epochs``, with or without a folder."""

    provenance: Provenance
    network: nn.Module
    dataset: Dataset
    epochs: int
    keep: frozenset[int]
    progress: Progress

    def in_folder(self, folder: Path, record: TrainingRecord) -> TrainingHistory:
        """Go on from ``record`` and leave checkpoints in ``folder``."""
        keep, part, is_complete = {*self.keep, self.epochs}, self._part(record), True
        try:
            record = train_in_folder(
                folder,
                self.network,
                self.dataset,
                record,
                self.epochs,
                keep,
                after_epoch=lambda epoch, loss: part.note(_note(epoch, loss)),
                after_step=part.advance,
            )
        except KeyboardInterrupt:
            record, is_complete = latest_checkpoint(folder).record, False
        kept = kept_checkpoints(folder, self.network, self.dataset, keep)
        return self._history(record, kept, is_complete)

    def in_memory(self, record: TrainingRecord) -> TrainingHistory:
        """Go on from ``record`` and leave nothing but the network."""
        part, is_complete = self._part(record), True
        done = FinishedEpochs(self.network, record.losses)
        first = self._point(record.epoch, record.loss)

        def after_epoch(epoch: int, loss: float) -> None:
            done.add(loss)
            part.note(_note(epoch, loss))

        try:
            descend(
                self.network,
                self.dataset,
                record.sgd,
                self.epochs,
                first_epoch=record.epoch,
                after_epoch=after_epoch,
                after_step=part.advance,
            )
        except KeyboardInterrupt:
            done.restore()
            if not done.losses:
                raise
            is_complete = False
        record = record.model_copy(update={"epoch": len(done.losses), "losses": done.losses})
        last = self._point(record.epoch, record.loss)
        return self._history(record, [first, last] if done.losses else [first], is_complete)

    def _part(self, record: TrainingRecord) -> Part:
        n_steps = (self.epochs - record.epoch) * (len(self.dataset) // record.batch_size)
        return Part(self.progress, "training", n_steps, "steps")

    def _point(self, epoch: int, loss: str) -> KeptCheckpoint:
        return KeptCheckpoint(epoch, full_loss(self.network, self.dataset, loss), None)

    def _history(
        self, record: TrainingRecord, kept: list[KeptCheckpoint], is_complete: bool
    ) -> TrainingHistory:
        return TrainingHistory(
            record=record, kept=tuple(kept), provenance=self.provenance, is_complete=is_complete
        )


def _note(epoch: int, loss: float) -> str:
    return f"epoch {epoch}, loss {loss:.4g}"
