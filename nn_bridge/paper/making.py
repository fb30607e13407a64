"""The figures of the paper on networks by their names, and how one is made."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import load_dataset
from nn_bridge.data.description import DataSpec
from nn_bridge.paper.decoupling import DecouplingFigure
from nn_bridge.paper.figure_type import PaperFigure
from nn_bridge.paper.first_passage import FirstPassageFigure
from nn_bridge.paper.minima import MinimaFigure
from nn_bridge.paper.noise import CrossEntropyFigure, NoiseFigure
from nn_bridge.paper.parts import Parts, cost_of
from nn_bridge.paper.result import PaperResult
from nn_bridge.results.progress import Part, Progress, silent
from nn_bridge.results.provenance import Provenance, provenance_of, read_provenance
from nn_bridge.results.storing import Keeper, measure_and_store
from nn_bridge.training.beginning import Place

FIGURES: dict[str, type[PaperFigure]] = {
    figure.name: figure
    for figure in (
        *(DecouplingFigure, NoiseFigure, FirstPassageFigure, MinimaFigure, CrossEntropyFigure),
    )
}


def find_figure(name: str) -> type[PaperFigure]:
    """Return the figure of this name.

    Raises
    ------
    InputError
        If there is none here.
    """
    if name not in FIGURES:
        raise InputError(
            f"figure {name!r} is not here; choose one of {', '.join(FIGURES)}, or see "
            "landscape-sim paper for those on linear regression"
        )
    return FIGURES[name]


def plan_figure(name: str, given: Mapping[str, Any], *, quick: bool = False) -> PaperFigure:
    """Return the figure with its settings: the paper's, those of a quick version, or as given.

    Raises
    ------
    InputError
        If there is no such figure, it has no such setting, or a value is out of range.
    """
    kind = find_figure(name)
    known = {field.name for field in dataclasses.fields(kind)}
    chosen = {key: value for key, value in given.items() if value is not None}
    if unknown := sorted(set(chosen) - known):
        raise InputError(f"figure {name} has no {unknown[0]}; leave it out")
    return kind(**{**(kind.quick() if quick else {}), **chosen})


def make_figure(
    figure: PaperFigure,
    place: Place = Place(),  # noqa: B008 (frozen)
    *,
    out: Path | str | None = None,
    allow_unofficial: bool = False,
    progress: Progress = silent,
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

    Raises
    ------
    InputError
        If data or device are not there, or a measurement refuses.
    """
    maker = _Maker(figure, place, allow_unofficial, progress)
    return measure_and_store(
        maker.provenance,
        out,
        lambda keeper: maker.make(Parts(keeper.folder), keeper),
    )


def resume_figure(
    folder: Path | str,
    place: Place = Place(),  # noqa: B008 (frozen)
    *,
    runs: int | None = None,
    progress: Progress = silent,
) -> PaperResult:
    """Go on with the figure in ``folder``, to more ``runs`` if given; what is done stays.

    Raises
    ------
    InputError
        If the folder holds no figure of :func:`make_figure`, or the data are not those.
    """
    folder = Path(folder)
    provenance = read_provenance(folder)
    settings = dict(provenance.settings)
    if provenance.command != "paper":
        raise InputError(f"{folder} is of nn-bridge {provenance.command}; name a folder of paper")
    further = settings.pop("further_data")
    figure = plan_figure(settings.pop("figure"), _with_tuples({**settings, **_more(runs)}))
    maker = _Maker(figure, place, not provenance.data.is_official, progress)
    again = maker.provenance
    if (again.data, again.settings["further_data"]) != (provenance.data, further):
        raise InputError(
            "the data are not those of the figure (sha256 or number differs); name the same copy"
        )
    # Before the first part: what is stopped now says so.
    maker.provenance.write(folder, is_complete=False)
    found = maker.make(Parts(folder), Keeper(folder))
    found.write_into(folder)
    maker.provenance.write(folder, is_complete=found.is_complete)
    return found


def _more(runs: int | None) -> dict[str, int]:
    return {} if runs is None else {"runs": runs}


def _with_tuples(value: Any) -> Any:
    """Return what JSON made lists of as tuples again."""
    if isinstance(value, list):
        return tuple(map(_with_tuples, value))
    if isinstance(value, dict):
        return {key: _with_tuples(one) for key, one in value.items()}
    return value


class _Maker:
    """A figure on its data, with the provenance of its result."""

    def __init__(
        self, figure: PaperFigure, place: Place, allow_unofficial: bool, progress: Progress
    ) -> None:
        device = place.find_device()
        self._figure, self._progress = figure, progress
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
        self.provenance: Provenance = provenance_of(
            "paper",
            {
                "figure": figure.name,
                **settings,
                "further_data": [DataSpec.of(dataset).model_dump() for dataset in others],
            },
            first,
            seeds={"of the first run": settings["seed"]},
        )

    def make(self, parts: Parts, keeper: Keeper) -> PaperResult:
        done: dict[str, Any] = {}
        planned = list(self._figure.parts(self._datasets, done))
        told = Part(self._progress, f"figure {self._figure.name}", len(planned), "parts")
        for name, compute in planned:
            told.note(name)
            done[name] = parts.get(name, compute)
            told.advance()
            if (partial := self._assembled(done, is_complete=False)).claims:
                keeper.keep(partial)
        return self._assembled(done, is_complete=True)

    def _assembled(self, done: dict[str, Any], *, is_complete: bool) -> PaperResult:
        found = self._figure.assemble(done, self.provenance, is_complete=is_complete)
        return dataclasses.replace(found, notes=[*found.notes, cost_of(done.values())])
