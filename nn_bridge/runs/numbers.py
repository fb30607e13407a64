"""The numbers of a run that are compared with those of others, from its data set."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from landscape_sim.columns import finite
from nn_bridge.measurements.stability_tables import LIMIT_NAMES
from nn_bridge.runs.study import RunNumbers

_AT_START = {"loss": "loss", "h_max": "h_max", "n": "n", "trace": "Tr H"}


def noise_numbers(found: xr.Dataset) -> RunNumbers:
    """Return the exponent over every window, loss and noise at the end, and the alignment."""
    exponents = zip(found["window"].to_numpy().tolist(), found["exponent"].values, strict=True)
    return RunNumbers(
        {
            **{f"exponent ({name})": _number(exponent) for name, exponent in exponents},
            "loss": _number(found["loss"][-1]),
            "noise strength": _number(found["noise_strength"][-1]),
            "cosine": _number(found.attrs.get("cosine")),
        }
    )


def training_numbers(found: xr.Dataset) -> RunNumbers:
    """Return the loss over all samples at the end, and at every checkpoint before that."""
    epochs = found["checkpoint"].to_numpy().tolist()
    losses = [_number(loss) for loss in found["loss"].values]
    before = {f"loss (epoch {e})": loss for e, loss in zip(epochs[:-1], losses[:-1], strict=True)}
    return RunNumbers({"loss": losses[-1], **before})


def curvature_numbers(found: xr.Dataset) -> RunNumbers:
    """Return loss, slope, largest eigenvalue, trace, and what every rule says."""
    return RunNumbers(
        {
            "loss": _number(found.attrs["loss"]),
            "|∇L|": _number(found.attrs["gradient_norm"]),
            "h_max": _number(found["eigenvalue"][0]),
            "Tr H": _number(found.attrs["trace"]),
            "lowest Ritz value": _number(found.attrs["lowest_ritz_value"]),
            **dict(_of_rules(found)),
            **dict(_of_layers(found)),
        },
        str(found.attrs["point"]),
    )


def escape_numbers(found: xr.Dataset) -> RunNumbers:
    """Return the exponent, mean times that are no lower bounds, and what every rule says."""
    times = {
        f"mean time (c = {c:g})": None if is_bound else _number(mean)
        for c, mean, is_bound in zip(
            found["threshold"].to_numpy().tolist(),
            found["mean_time"].values,
            found["is_lower_bound"].values,
            strict=True,
        )
    }
    return RunNumbers(
        {
            "exponent (measured)": _number(found.attrs.get("exponent")),
            **times,
            "loss": _number(found.attrs["initial_loss"]),
            "|∇L|": _number(found.attrs["gradient_norm"]),
            "h_max": _number(found["eigenvalue"][0]),
            "Tr H": _number(found.attrs["trace"]),
            **dict(_of_rules(found)),
        },
        str(found.attrs["point"]),
    )


def stability_numbers(found: xr.Dataset) -> RunNumbers:
    """Return the transition, the limits at the start, and the one over each of the others."""
    transition = _number(found.attrs.get("transition_high"))
    limits = {name: _number(found.attrs[f"start_{name}"]) for name in LIMIT_NAMES}
    ratios = {
        f"transition/limit ({name})": None
        if transition is None or not limit
        else transition / limit
        for name, limit in limits.items()
    }
    start = {said: _number(found.attrs[f"start_{name}"]) for name, said in _AT_START.items()}
    named = {f"limit ({name})": limit for name, limit in limits.items()}
    return RunNumbers({"transition": transition, **ratios, **named, **start})


def decoupling_numbers(found: xr.Dataset) -> RunNumbers:
    """Return ratio of the traces, distance and loss at the one epoch that was measured."""
    at = found.isel(epoch=0)
    return RunNumbers(
        {
            "trace, exact/decoupled": _number(at["trace_ratio"]),
            "trace-weighted distance": _number(at["trace_weighted_distance"]),
            "loss": _number(at["loss"]),
        }
    )


def _of_rules(found: xr.Dataset) -> Iterator[tuple[str, float | None]]:
    """Yield ``n``, ``h*`` and the exponent by every rule; a lower bound is no number."""
    for number, rule in enumerate(found["rule"].to_numpy().tolist()):
        at = found.isel(rule=number)
        is_open = bool(at["is_open"])
        for said, name in (
            ("n", "n_outliers"), ("h*", "outlier_curvature"), ("exponent", "exponent"),
        ):  # fmt: skip
            yield f"{said} ({rule})", None if is_open else _number(at[name])


def _of_layers(found: xr.Dataset) -> Iterator[tuple[str, float | None]]:
    """Yield largest eigenvalue and trace of every layer, where they were measured."""
    for number, layer in enumerate(found["layer"].to_numpy().tolist() if "layer" in found else ()):
        at = found.isel(layer=number)
        yield f"h_max (layer {layer})", _number(at["layer_eigenvalue"][0])
        yield f"Tr H (layer {layer})", _number(at["layer_trace"])


def _number(value: float | np.floating | xr.DataArray | None) -> float | None:
    if value is None:
        return None
    found: float | None = finite(float(value))
    return found
