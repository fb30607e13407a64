"""The studies by the command that measures one of their runs, and as they are written down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from nn_bridge.runs.at_checkpoints import (
    CurvatureRuns,
    DecouplingRuns,
    EscapeRuns,
    StabilityRuns,
)
from nn_bridge.runs.from_scratch import NoiseRuns, TrainRuns
from nn_bridge.runs.study import RunsStudy

_STUDIES: dict[str, type[RunsStudy]] = {
    study.command: study
    for study in (TrainRuns, NoiseRuns, DecouplingRuns, CurvatureRuns, EscapeRuns, StabilityRuns)
}


def written_study(study: RunsStudy) -> dict[str, Any]:
    """Return the settings of a study as JSON has them."""
    written: dict[str, Any] = TypeAdapter(type(study)).dump_python(study, mode="json")
    return written


def study_again(command: str, settings: Mapping[str, Any]) -> RunsStudy:
    """Return the study of :func:`written_study`.

    Raises
    ------
    LookupError, ValueError
        If it is damaged.
    """
    return TypeAdapter(_STUDIES[command]).validate_python(dict(settings))
