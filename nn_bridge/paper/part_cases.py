"""The parts of a figure as cases: kept by all that their numbers depend on, here or by workers."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache, partial
from typing import Any

import xarray as xr

from landscape_sim.comparison.case_report import CaseReport
from nn_bridge.cases.case import Case
from nn_bridge.cases.order import CaseOrder, performed
from nn_bridge.cases.place import data_key, place_again, written_place
from nn_bridge.data.datasets import Dataset
from nn_bridge.data.description import DataSpec
from nn_bridge.paper.figure_type import PaperFigure, PaperPart
from nn_bridge.paper.figures import figure_again
from nn_bridge.training.beginning import Place

#: Attribute of a part: processor time that it took, of all threads.
SECONDS = "processor_seconds"


def part_cases(
    figure: PaperFigure, datasets: Mapping[str, Dataset], place: Place
) -> Sequence[Case]:
    """Return a case for every part; its answer is the part as a mapping."""
    return [_case(figure, part, datasets[part.dataset], place) for part in figure.parts()]


def perform(order: CaseOrder) -> CaseReport:
    """Compute a part, in a worker."""
    plan = json.loads(order.plan)
    figure = figure_again(plan["figure"], plan["settings"])
    (part,) = (part for part in figure.parts() if part.name == plan["part"])
    place = place_again(plan["place"])
    dataset = _loaded(json.dumps(plan["data"]), place)
    return performed(order, _case(figure, part, dataset, place))


def _case(figure: PaperFigure, part: PaperPart, dataset: Dataset, place: Place) -> Case:
    plan = {
        "figure": figure.name,
        "settings": asdict(figure),
        "part": part.name,
        "data": DataSpec.of(dataset).model_dump(mode="json"),
        "place": written_place(place),
    }
    depends_on = {
        "part": part.compute.__qualname__,
        "settings": dict(part.settings),
        "data": data_key(dataset),
    }
    return Case(
        part.name,
        partial(_computed, part, dataset),
        depends_on,
        part.compute.__module__,
        json.dumps(plan),
        part.needs,
    )


def _computed(part: PaperPart, dataset: Dataset, *needed: dict[str, Any]) -> dict[str, Any]:
    began = time.process_time()
    found = part.compute(dataset, *map(xr.Dataset.from_dict, needed), **part.settings)
    found.attrs[SECONDS] = time.process_time() - began
    content: dict[str, Any] = found.to_dict(data="array")
    return content


@lru_cache(maxsize=2)
def _loaded(spec: str, place: Place) -> Dataset:
    """Return the data; a worker has several parts of the same."""
    dataset = DataSpec.model_validate_json(spec).load(place.data_dir)
    return dataset.to(place.find_device())
