"""Which data were used, in a form that can be written down and loaded again."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import NAMES, UNIT, Dataset, load_dataset


class DataSpec(BaseModel):
    """The data that were used, and how to load them again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    samples: int
    sha256: dict[str, str]
    is_official: bool
    provenance: str
    scaling: str | None = None

    @classmethod
    def of(cls, dataset: Dataset) -> DataSpec:
        """Return the description of ``dataset``."""
        return cls(
            name=dataset.name,
            samples=len(dataset),
            sha256=dict(dataset.sha256),
            is_official=dataset.is_official,
            provenance=dataset.provenance,
            scaling=dataset.scaling,
        )

    @property
    def is_own(self) -> bool:
        """Whether they are the user's own, of which there is no official copy."""
        return self.name not in NAMES

    def load(self, data_dir: Path | None = None, samples: int | None = None) -> Dataset:
        """Return the same training samples, or the first ``samples`` of them.

        Raises
        ------
        InputError
            If the data are the user's own, the files have another sha256 than those that were
            used, or ``samples`` is more than was used.
        """
        if self.is_own:
            raise InputError(f"{self.name} are data of your own, and not kept; give them as data=")
        dataset = load_dataset(
            self.name,
            data_dir=data_dir,
            samples=self.samples,
            allow_unofficial=not self.is_official,
            # A record from before there was a choice has none.
            scaling=self.scaling or UNIT,
        )
        if dict(dataset.sha256) != self.sha256:
            raise InputError(
                f"the files of {self.name} are not those of the checkpoint (sha256 differs); "
                "name the directory of the same copy with data_dir"
            )
        return dataset if samples in (None, self.samples) else dataset.first(samples or 0)
