"""What a study sweeps: the axis of its figure, and the lines over it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from landscape_sim.plots.style import COLOURS, line_colours

if TYPE_CHECKING:
    import xarray as xr

#: Lines of a legend beside the data; of more lines every second is named, or every third.
_MOST_NAMED = 24
_POINT = "point"


class Line(NamedTuple):
    """One line of a panel.

    Attributes
    ----------
    label : str
        For the legend; empty for a line that is not named.
    rates : Dataset
        Over the dimension ``point``, with ``x`` among its variables.
    colour : str
        Of its marks.
    """

    label: str
    rates: xr.Dataset
    colour: str


def is_over_temperature(dataset: xr.Dataset) -> bool:
    """Return whether the settings are the axis: they vary, and the loss ratio does not."""
    if dataset.sizes["loss_ratio"] > 1:
        return False
    n_noises = len(set(dataset["noise"].to_numpy().tolist()))
    return dataset.sizes["setting"] > n_noises or bool(dataset["loss_ratio"].isnull().any())


def are_many(dataset: xr.Dataset) -> bool:
    """Return whether the lines are too many to be named over the data."""
    return not is_over_temperature(dataset) and dataset.sizes["setting"] > len(COLOURS)


def lines_of(panel: xr.Dataset, over_temperature: bool) -> Iterator[Line]:
    """Yield the lines of one landscape: one a noise over ``T``, or one a setting."""
    yield from _one_a_noise(panel) if over_temperature else _one_a_setting(panel)


def _one_a_noise(panel: xr.Dataset) -> Iterator[Line]:
    noise = panel["noise"].to_numpy()
    names = list(dict.fromkeys(noise.tolist()))
    for name, colour in zip(names, line_colours(len(names)), strict=True):
        mine = panel.isel(loss_ratio=0, setting=np.flatnonzero(noise == name))
        mine = mine.isel(setting=np.flatnonzero(mine["is_begun"])).sortby("temperature")
        if mine.sizes["setting"]:
            rates = mine.rename_dims(setting=_POINT).assign(x=(_POINT, mine["temperature"].data))
            yield Line(f"{name} noise" if len(names) > 1 else "", rates, colour)


def _one_a_setting(panel: xr.Dataset) -> Iterator[Line]:
    quotient = (panel["batch_size"] / panel["learning_rate"]).to_numpy()
    n_settings = quotient.size
    colours = line_colours(n_settings)
    # A few colours have no order; many go from light to dark with B/η.
    place = np.arange(n_settings)
    if n_settings > len(COLOURS):
        place = np.argsort(np.argsort(-quotient, kind="stable"), kind="stable")
    every = -(-n_settings // _MOST_NAMED)
    for setting in np.flatnonzero(panel["is_begun"]):
        mine = panel.isel(setting=setting)
        noise = str(mine["noise"].item())
        name = "" if noise == "isotropic" else f"{noise} noise, "
        label = f"{name}$B/η$ = {quotient[setting]:.4g}{_slope(mine)}"
        rates = mine.rename_dims(loss_ratio=_POINT).assign(x=(_POINT, mine["loss_ratio"].data))
        yield Line(label if setting % every == 0 else "", rates, colours[place[setting]])


def _slope(rates: xr.Dataset) -> str:
    """Return predicted and fitted exponent; constant noise has no power law."""
    if bool(rates["is_constant"]):
        return ""
    exponent = float(rates["exponent_predicted"])
    predicted = "not predicted" if np.isnan(exponent) else f"−{exponent:.2f}"
    fitted = float(rates["exponent_fitted"])
    if np.isnan(fitted):
        return f": slope {predicted} (not fitted)"
    half = float(rates["exponent_high"] - rates["exponent_low"]) / 2
    return f": slope {predicted}, fitted −{fitted:.2f} ± {half:.2f}"
