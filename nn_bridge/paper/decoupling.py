"""Figure 1: the spectra of the noise covariance, exact and decoupled, along a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import xarray as xr
from torch.nn.utils import parameters_to_vector

from landscape_sim.comparison.paper.claims import Claim, judged
from landscape_sim.validation import InputError, require_count
from nn_bridge.data.datasets import UNIT, Dataset
from nn_bridge.measurements.decoupling import measure_decoupling
from nn_bridge.measurements.spectrum_charts import decoupling_charts
from nn_bridge.paper.figure_type import DataRequest, Done, PaperFigure, PaperPart
from nn_bridge.paper.pretraining import restored
from nn_bridge.paper.result import PaperResult
from nn_bridge.plots.decoupling import plot_decoupling
from nn_bridge.results.provenance import Provenance
from nn_bridge.training.networks import NetworkSpec
from nn_bridge.training.sgd import SgdSettings, descend

#: Shares of the trace whose eigenvalues are compared.
_SHARES = (0.5, 0.9, 0.99)


@dataclass(frozen=True)
class DecouplingFigure(PaperFigure):
    """Figure 1, Section 5.1.

    Attributes
    ----------
    samples : int
    epochs : tuple of int
        At which the spectra are taken, rising.
    scaling : str
        Of the inputs; the paper does not state its own.
    seed : int
    """

    name: ClassVar[str] = "1"
    section: ClassVar[str] = "5.1"
    title: ClassVar[str] = "Spectra of (1/N) Σ ℓ C and L (1/N) Σ C along a run"
    statement: ClassVar[str] = "the two spectra agree except for very small eigenvalues."
    cost: ClassVar[str] = "eight minutes of one core and 3 GiB"

    samples: int = 10_000
    epochs: tuple[int, ...] = (0, 50, 500)
    scaling: str = UNIT
    seed: int = 0

    def __post_init__(self) -> None:
        require_count("samples", self.samples, minimum=3)
        if isinstance(self.epochs, int) or list(self.epochs) != sorted(set(self.epochs)):
            raise InputError(f"figure 1 is of the epochs 0, 50, 500, got {self.epochs}; leave out")

    @classmethod
    def quick(cls) -> dict[str, Any]:
        """Return the settings of a version of less than a minute."""
        return {"samples": 500, "epochs": (0, 20, 100)}

    @property
    def data(self) -> tuple[DataRequest, ...]:
        """The first digits, by their parity."""
        return (DataRequest("mnist-parity", self.samples, self.scaling),)

    def parts(self) -> Iterator[PaperPart]:
        """Yield the weights at each epoch, each trained on from those before, and their spectra."""
        before: tuple[str, ...] = ()
        for epoch in self.epochs:
            settings, name = {"seed": self.seed, "epoch": epoch}, f"weights-{epoch}"
            yield PaperPart(name, weights, "mnist-parity", settings, before)
            before = (name,)
            yield PaperPart(f"spectra-{epoch}", spectra, "mnist-parity", settings, before)

    def assemble(self, done: Done, provenance: Provenance, *, is_complete: bool) -> PaperResult:
        """Return the histograms and claims of the epochs that are done."""
        found = [part for name, part in done.items() if name.startswith("spectra")]
        data = xr.concat(found, "epoch") if found else xr.Dataset()
        rows = [_row(data.sel(epoch=epoch), share)
                for epoch in data.get("epoch", ()) for share in _SHARES]  # fmt: skip
        return PaperResult(
            provenance=provenance,
            is_complete=is_complete,
            statement=self.statement,
            claims=[claim for epoch in data.get("epoch", ()) for claim in _claims(data, epoch)],
            tables={"leading": rows},
            data=data,
            draw=plot_decoupling,
            report_charts=decoupling_charts(data) if found else {},
            notes=[
                f"One run on N = {self.samples}; input scaling: {self.scaling} (the paper does not "
                "state its own). Intervals of the trace are of the samples, those of eigenvalues "
                "their smallest and largest ratio."
            ],
        )


def weights(
    dataset: Dataset, before: xr.Dataset | None = None, *, seed: int, epoch: int
) -> xr.Dataset:
    """Return the weights after ``epoch`` epochs, trained on from earlier ones or from scratch."""
    network, first = _spec(seed).build().to(dataset.inputs.device), 0
    if before is not None:
        network = restored(_spec(seed), before, dataset.inputs.device)
        first = int(before.attrs["epoch"])
    descend(network, dataset, SgdSettings(0.01, 100, seed=seed), epoch, first_epoch=first)
    found = parameters_to_vector(network.parameters()).detach().cpu().numpy()
    return xr.Dataset({"weight": ("parameter", found)}, attrs={"epoch": epoch})


def spectra(dataset: Dataset, found: xr.Dataset, *, seed: int, epoch: int) -> xr.Dataset:
    """Return both spectra at the weights after ``epoch`` epochs."""
    network = restored(_spec(seed), found, dataset.inputs.device)
    return measure_decoupling({epoch: network}, dataset).dataset()


def _spec(seed: int) -> NetworkSpec:
    return NetworkSpec(name="mlp-100", seed=seed)


def _row(at: xr.Dataset, share: float) -> dict[str, Any]:
    """Return the ratios of the largest eigenvalues that hold a share of the trace."""
    decoupled = at["decoupled"].to_numpy()
    n_ranks = int(np.searchsorted(np.cumsum(decoupled), share * decoupled.sum())) + 1
    ratios = at["ratio"].to_numpy()[:n_ranks]
    return {
        "epoch": int(at["epoch"]),
        "trace_share": share,
        "n_ranks": n_ranks,
        "low": float(np.nanmin(ratios)),
        "high": float(np.nanmax(ratios)),
    }


def _claims(data: xr.Dataset, epoch: Any) -> list[Claim]:
    at = data.sel(epoch=epoch)
    ratio, error = float(at["trace_ratio"]), float(at["trace_ratio_error"])
    low, high = ratio - 1.96 * error, ratio + 1.96 * error
    claims = [
        judged(
            f"epoch {int(epoch)}: trace, exact over decoupled, is 1",
            predicted=1.0,
            measured=ratio,
            low=low,
            high=high,
            n_runs=1,
        )
    ]
    for share in _SHARES:
        row = _row(at, share)
        off = max(abs(row["low"] - 1), abs(row["high"] - 1))
        claims.append(
            Claim(
                claim=f"epoch {int(epoch)}: eigenvalues with {share:.0%} of the trace agree",
                predicted=1.0,
                measured=None,
                low=row["low"],
                high=row["high"],
                n_runs=1,
                verdict=f"within {off:.0%}",
            )
        )
    return claims
