"""How a figure of the paper on networks is made, and gone on with where it was stopped."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import xarray as xr

from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.validation import InputError
from landscape_sim.workers.workers import Workers
from nn_bridge.cases.answering import answer_cases
from nn_bridge.cases.threads import OF_A_WORKER
from nn_bridge.data.datasets import load_dataset
from nn_bridge.data.description import DataSpec
from nn_bridge.paper.figure_type import PaperFigure
from nn_bridge.paper.figures import figure_again
from nn_bridge.paper.part_cases import SECONDS, part_cases, perform
from nn_bridge.paper.result import PaperResult
from nn_bridge.results.progress import Part, Progress, silent
from nn_bridge.results.provenance import (
    Provenance,
    provenance_of,
    read_provenance,
    settings_again,
)
from nn_bridge.results.storing import Keeper, measure_and_store, resume_and_store
from nn_bridge.training.beginning import Place


def make_figure(
    figure: PaperFigure,
    place: Place = Place(),  # noqa: B008 (frozen)
    *,
    out: Path | str | None = None,
    allow_unofficial: bool = False,
    progress: Progress = silent,
    workers: Workers | None = None,
) -> PaperResult:
    """Return the figure, and its claims beside what is measured; with ``out``, leave it there.

    Parameters
    ----------
    figure : PaperFigure
        Of :func:`plan_figure`.
    place : Place
        Where to find the data, and where to compute.
    out : path, optional
        Folder to create. Each part is stored there once it is done, so :func:`resume_figure` goes
        on with what is missing.
    allow_unofficial : bool
        See :func:`~nn_bridge.data.datasets.load_dataset`.
    progress : callable, optional
    workers : Workers, optional
        Who computes the parts, each with one thread; by default this process, with its own.

    Raises
    ------
    InputError
        If data or device are not there, workers cannot be had, or a measurement refuses.
    """
    maker = _Maker(figure, place, allow_unofficial, progress, workers)
    return measure_and_store(maker.provenance, out, maker.make)


def resume_figure(
    folder: Path | str,
    place: Place = Place(),  # noqa: B008 (frozen)
    *,
    changes: Mapping[str, Any] | None = None,
    progress: Progress = silent,
    workers: Workers | None = None,
) -> PaperResult:
    """Go on with the figure in ``folder``: parts that are done, and serve it, are not made again.

    Parameters
    ----------
    folder : path
        That :func:`make_figure` was given as ``out``.
    place, progress, workers
        As for :func:`make_figure`.
    changes : mapping, optional
        Settings that the figure is to have from now on, e.g. more ``runs`` or ``replicas``.

    Raises
    ------
    InputError
        If the folder holds no figure of :func:`make_figure`, another process fills it, there is no
        such setting, the data are not those, or its parts are of other code or of other numbers of
        threads.
    """
    folder = Path(folder)
    provenance = read_provenance(folder)
    settings = dict(provenance.settings)
    if provenance.command != "paper":
        raise InputError(f"{folder} is of nn-bridge {provenance.command}; name a folder of paper")
    with settings_again(folder):
        further = settings.pop("further_data")
        figure = figure_again(settings.pop("figure"), {**settings, **(changes or {})})
        tuple(figure.parts())  # stumbles over settings of another type
    maker = _Maker(figure, place, not provenance.data.is_official, progress, workers)
    again = maker.provenance
    if (again.data, again.settings["further_data"]) != (provenance.data, further):
        raise InputError(
            "the data are not those of the figure (sha256, number or scaling differs); name the "
            "same copy, and leave --samples and --scaling out"
        )
    return resume_and_store(maker.provenance, folder, maker.make)


class _Maker:
    """A figure on its data, with the provenance of its result."""

    def __init__(
        self,
        figure: PaperFigure,
        place: Place,
        allow_unofficial: bool,
        progress: Progress,
        workers: Workers | None,
    ) -> None:
        device = place.find_device()
        self._figure, self._place, self._progress = figure, place, progress
        self._workers = workers
        self._datasets = {
            request.name: load_dataset(
                request.name,
                data_dir=place.data_dir,
                samples=request.samples,
                allow_unofficial=allow_unofficial,
                scaling=request.scaling,
            ).to(device)
            for request in figure.data
        }
        first, *others = self._datasets.values()
        settings = asdict(figure)
        provenance = provenance_of(
            "paper",
            {
                "figure": figure.name,
                **settings,
                "further_data": [DataSpec.of(dataset).model_dump() for dataset in others],
            },
            first,
            seeds={"of the first run": settings["seed"]},
        )
        threads = None if workers is None else OF_A_WORKER.torch
        self.provenance: Provenance = provenance.model_copy(update={"threads": threads})

    def make(self, keeper: Keeper) -> PaperResult:
        cases = part_cases(self._figure, self._datasets, self._place)
        told = Part(self._progress, f"figure {self._figure.name}", len(cases), "parts")
        store = None if keeper.folder is None else CaseStore(keeper.folder)

        def keep(done: dict[str, Any], is_new: bool) -> None:
            if (partial := self._assembled(done, store, is_complete=False)).claims:
                keeper.keep(partial, is_new=is_new)

        done = answer_cases(cases, store, told, keep, workers=self._workers, perform=perform)
        return self._assembled(done, store, is_complete=True)

    def _assembled(
        self, answers: dict[str, Any], store: CaseStore | None, *, is_complete: bool
    ) -> PaperResult:
        done = {name: xr.Dataset.from_dict(answer) for name, answer in answers.items()}
        found = self._figure.assemble(done, self.provenance, is_complete=is_complete)
        return dataclasses.replace(
            found,
            notes=[*found.notes, _cost_of(done.values())],
            answers_found=0 if store is None else store.n_found,
            answers_computed=len(done) if store is None else store.n_computed,
        )


def _cost_of(parts: Iterable[xr.Dataset]) -> str:
    """Return the sentence on what the parts cost, when they were computed."""
    seconds = [part.attrs[SECONDS] for part in parts]
    return f"Cost: {sum(seconds):.0f} s of processor time for {len(seconds)} parts."
