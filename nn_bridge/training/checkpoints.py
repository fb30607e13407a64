"""Checkpoints: weights, with a record of where they come from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError
from torch import nn

from landscape_sim.validation import InputError
from nn_bridge.data.description import DataSpec
from nn_bridge.training.networks import NetworkSpec
from nn_bridge.training.sgd import SgdSettings
from nn_bridge.training.tensor_files import DamagedFileError, read_tensors, write_tensors


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainingRecord(_Model):
    """How the weights came about.

    Attributes
    ----------
    epoch : int
        Epochs done.
    losses : tuple of float
        Mean batch loss of each.
    """

    network: NetworkSpec
    data: DataSpec
    learning_rate: float
    batch_size: int
    loss: str
    seed: int
    epoch: NonNegativeInt
    losses: tuple[float, ...] = ()

    @property
    def sgd(self) -> SgdSettings:
        """The settings with which training went on."""
        return SgdSettings(self.learning_rate, self.batch_size, self.loss, self.seed)


@dataclass(frozen=True)
class Checkpoint:
    """Weights by name, their record, and the file that they are from."""

    path: Path
    weights: Mapping[str, torch.Tensor]
    record: TrainingRecord
    sha256: str

    def network(self, dtype: torch.dtype = torch.float32) -> nn.Sequential:
        """Return the network of the record with these weights, to train or measure it.

        Raises
        ------
        InputError
            If it is a network of the user's, or a weight is not finite.
        """
        network = self.record.network.build(dtype)
        for name, weight in self.weights.items():
            if not weight.isfinite().all():
                raise InputError(
                    f"{self.path}: {name} is not finite, its training diverged; use an earlier "
                    "checkpoint or a lower learning rate"
                )
        self.restore(network)
        return network

    def restore(self, network: nn.Module) -> None:
        """Copy the weights into ``network``.

        Raises
        ------
        InputError
            If it is another architecture.
        """
        own = network.state_dict()
        for name in sorted(own.keys() | self.weights.keys()):
            shapes = [tuple(w[name].shape) if name in w else None for w in (own, self.weights)]
            if shapes[0] != shapes[1]:
                raise InputError(
                    f"{self.path.name} is of another architecture: {name} has shape {shapes[1]} "
                    f"there and {shapes[0]} in this network; build the network it was saved from"
                )
        network.load_state_dict(dict(self.weights))


def save_checkpoint(path: Path, network: nn.Module, record: TrainingRecord) -> None:
    """Write the weights of ``network`` to ``path``, which is never half written.

    Raises
    ------
    InputError
        If the disk refuses.
    """
    write_tensors(path, network.state_dict(), record.model_dump_json())


def read_checkpoint(path: Path) -> Checkpoint:
    """Return the checkpoint at ``path``.

    Raises
    ------
    InputError
        If it does not exist, is damaged, or was not written by this package.
    """
    try:
        if not path.is_file():
            raise InputError(f"there is no checkpoint {path}; nn-bridge train writes them")
        weights, text = read_tensors(path)
        record = TrainingRecord.model_validate_json(text)
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
    except (DamagedFileError, OSError) as error:
        raise InputError(
            f"{path} is no complete safetensors file ({error}); use an earlier checkpoint"
        ) from error
    except (KeyError, ValidationError) as error:
        raise InputError(
            f"{path} has no record of its training; use a checkpoint of nn-bridge train"
        ) from error
    return Checkpoint(path, weights, record, digest)
