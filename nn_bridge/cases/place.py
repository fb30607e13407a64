"""Data and place of a case: what of them its answer depends on, and how a worker finds them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch.cuda import get_device_name as device_name

from nn_bridge.data.datasets import Dataset
from nn_bridge.data.description import DataSpec
from nn_bridge.training.beginning import Place


def data_key(dataset: Dataset) -> dict[str, Any]:
    """Return what an answer depends on: which samples, and where they are evaluated."""
    said = {"name", "samples", "sha256", "scaling"}
    key = DataSpec.of(dataset).model_dump(mode="json", include=said)
    device = dataset.inputs.device
    return {**key, "device": device_name(device) if device.type == "cuda" else str(device)}


def written_place(place: Place) -> dict[str, Any]:
    """Return the place as JSON has it, from wherever it is read."""
    data_dir = place.data_dir and str(place.data_dir.resolve())
    return {"data_dir": data_dir, "device": place.device}


def place_again(written: Mapping[str, Any]) -> Place:
    """Return the place of :func:`written_place`."""
    data_dir = written["data_dir"]
    return Place(None if data_dir is None else Path(data_dir), written["device"])
