"""The Hessian's blocks of the layers: measured, and as rows, a sentence, a chart and a Dataset."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import nn

from landscape_sim.report.points_chart import ChartAxis, Points, points_chart
from landscape_sim.report.report import Chart
from nn_bridge.curvature.layer_blocks import LayerBlock, layer_block, parameters_by_layer
from nn_bridge.data.datasets import Dataset
from nn_bridge.measurements.curvature_settings import ChosenSpectrum
from nn_bridge.results.progress import Part, Progress

if TYPE_CHECKING:
    import xarray as xr
#: More than there are seeds of measurements.
_APART = 1_000_000


def layer_blocks(
    network: nn.Module,
    dataset: Dataset,
    loss: str,
    settings: ChosenSpectrum,
    progress: Progress,
) -> tuple[LayerBlock, ...]:
    """Return the block of every layer, if ``settings`` ask for them, as much of each as of all."""
    if not settings.by_layer:
        return ()
    part = Part(progress, "Hessian of the layers", None, "products")
    return tuple(
        layer_block(
            network,
            dataset,
            loss,
            layer,
            n_eigenvalues=settings.n_eigenvalues,
            n_probes=settings.n_probes,
            # Errors of traces that are added must not be those of the same signs.
            seed=settings.seed + _APART * number,
            after_product=part.advance,
        )
        for number, layer in enumerate(parameters_by_layer(network), start=1)
    )


def layer_rows(blocks: Sequence[LayerBlock]) -> list[dict[str, Any]]:
    """Return a row a layer: its size, largest eigenvalue, and trace, also over that of all."""
    total = sum(block.trace for block in blocks)
    return [
        {
            "layer": block.layer,
            "parameters": block.dimension,
            "h_max": float(block.values[0]),
            "trace": block.trace,
            "trace_error": block.trace_error,
            "share_of_trace": block.trace / total if total else None,
        }
        for block in blocks
    ]


def layer_eigenvalue_rows(blocks: Sequence[LayerBlock]) -> list[dict[str, Any]]:
    """Return a row for each of the largest eigenvalues of every layer."""
    return [
        {"layer": block.layer, "rank": rank, "eigenvalue": value}
        for block in blocks
        for rank, value in enumerate(block.values.tolist(), start=1)
    ]


def layer_sentence(blocks: Sequence[LayerBlock], largest: float) -> str:
    """Return which layer is the stiffest, and whether the traces add up to that of the whole."""
    stiffest = max(blocks, key=lambda block: float(block.values[0]))
    total = sum(block.trace for block in blocks)
    error = math.hypot(*(block.trace_error for block in blocks))
    return (
        f"Of its layers' blocks the largest eigenvalue is {stiffest.values[0]:.4g} "
        f"({stiffest.layer}), that of the whole {largest:.4g}; their traces add to {total:.4g} ± "
        f"{error:.2g}."
    )


def layer_chart(blocks: Sequence[LayerBlock]) -> Chart:
    """Return the largest eigenvalues by rank, a colour a layer."""
    rows = layer_eigenvalue_rows(blocks)
    points = [
        Points(block.layer, [r for r in rows if r["layer"] == block.layer], "eigenvalue",
               group=block.layer)
        for block in blocks
    ]  # fmt: skip
    return points_chart(
        points,
        ChartAxis("rank", of="rank"),
        ChartAxis("eigenvalue", is_log=any(row["eigenvalue"] > 0 for row in rows)),
        "Eigenvalues of every layer's block in order.",
    )


def layer_variables(blocks: Sequence[LayerBlock]) -> xr.Dataset:
    """Return sizes, traces and eigenvalues over layer and rank, NaN where a layer has no more."""
    import xarray as xr

    values = np.full((len(blocks), max(block.values.size for block in blocks)), np.nan)
    for row, block in zip(values, blocks, strict=True):
        row[: block.values.size] = block.values
    return xr.Dataset(
        {
            "layer_eigenvalue": (("layer", "layer_rank"), values),
            "layer_trace": ("layer", [block.trace for block in blocks]),
            "layer_trace_error": ("layer", [block.trace_error for block in blocks]),
            "layer_parameters": ("layer", [block.dimension for block in blocks]),
        },
        coords={
            "layer": [block.layer for block in blocks],
            "layer_rank": np.arange(1, values.shape[1] + 1),
        },
    )
