"""The figures of the paper that are made here, by their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from landscape_sim.comparison.paper.figure_type import PaperFigure
from landscape_sim.comparison.paper.passage_figure import PASSAGE_FIGURE
from landscape_sim.comparison.paper.stationary_figure import STATIONARY_FIGURE
from landscape_sim.comparison.sgd.study import SgdStudy
from landscape_sim.validation import InputError

_FIGURES = {figure.name: figure for figure in (STATIONARY_FIGURE, PASSAGE_FIGURE)}


def paper_figures() -> Sequence[PaperFigure]:
    """Return the figures in the paper's order."""
    return tuple(_FIGURES.values())


def find_figure(name: str) -> PaperFigure:
    """Return the figure of this name.

    Raises
    ------
    InputError
        If there is none here.
    """
    if name not in _FIGURES:
        raise InputError(
            f"figure {name!r} is not here; choose one of {', '.join(_FIGURES)}, or see nn-bridge "
            "paper for those on networks"
        )
    return _FIGURES[name]


def figure_in(folder: Path) -> tuple[PaperFigure, SgdStudy]:
    """Return the figure that ``landscape-sim paper`` has begun in this folder, and its study.

    Raises
    ------
    InputError
        If the folder holds none.
    """
    for figure in _FIGURES.values():
        try:
            study = figure.kind.of_folder(folder)
        except InputError:
            continue
        if study.name == figure.study_name:
            return figure, study
    raise InputError(f"{folder} holds no figure of landscape-sim paper; name a folder that does")
