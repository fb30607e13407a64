"""The figures of the paper on networks by their names, with their settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from landscape_sim.validation import InputError
from nn_bridge.paper.decoupling import DecouplingFigure
from nn_bridge.paper.figure_type import PaperFigure
from nn_bridge.paper.first_passage import FirstPassageFigure
from nn_bridge.paper.minima import MinimaFigure
from nn_bridge.paper.noise import CrossEntropyFigure, NoiseFigure

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


def figure_again(name: str, settings: Mapping[str, Any]) -> PaperFigure:
    """Return the figure of settings that were written as JSON, which has no tuples.

    Raises
    ------
    InputError
        As :func:`plan_figure` does.
    """
    return plan_figure(name, _with_tuples(settings))


def _with_tuples(value: Any) -> Any:
    """Return what JSON made lists of as tuples again."""
    if isinstance(value, list):
        return tuple(map(_with_tuples, value))
    if isinstance(value, dict):
        return {key: _with_tuples(one) for key, one in value.items()}
    return value
