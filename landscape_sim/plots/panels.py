"""A study's rates as a figure takes them: its panels, and the height of every mark."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

_DRAWN = ("formula", "arrhenius", "exact", "simulated", "low", "high")


def panels_of(dataset: xr.Dataset, most: float) -> tuple[list[xr.Dataset], int]:
    """Return what was begun of the first landscapes, and how many there are."""
    is_begun = dataset["is_begun"].any("setting").to_numpy()
    tables = np.unique(dataset["table"][is_begun])
    shown = tables[: int(min(most, tables.size))]
    begun = dataset.isel(landscape=is_begun)
    return [begun.isel(landscape=(begun["table"] == t).to_numpy()) for t in shown], tables.size


def with_heights(dataset: xr.Dataset) -> xr.Dataset:
    """Return the study with the height of every mark, and whether a sweep was begun."""
    in_decades = any(
        bool(
            (
                (dataset[f"rate_{name}"] < sys.float_info.min)
                & dataset[f"log_rate_{name}"].notnull()
            ).any()
        )
        for name in ("formula", "exact", "simulated")
    )
    is_constant = dataset["is_constant"].astype(bool)
    law, log_law = (
        dataset[f"{of}_formula"].where(~is_constant, dataset[f"{of}_arrhenius"])
        for of in ("rate", "log_rate")
    )
    marks = {"height_law": log_law / math.log(10.0) if in_decades else law}
    for name in _DRAWN:
        rate, log_rate = dataset[f"rate_{name}"], dataset[f"log_rate_{name}"]
        marks[f"height_{name}"] = log_rate / math.log(10.0) if in_decades else rate
        with np.errstate(over="ignore"):  # what no float holds is not drawn
            direct = rate / law.where(law >= sys.float_info.min)
            ratio = direct.where(law >= sys.float_info.min, np.exp(log_rate - log_law))
        marks[f"ratio_{name}"] = ratio.where(np.isfinite(ratio))
    known = dataset[[f"rate_{name}" for name in _DRAWN]].to_array().notnull()
    marks["is_begun"] = known.any(["variable", "loss_ratio"])
    return dataset.assign(marks).assign_attrs(in_decades=in_decades)
