"""What a study sweeps: the axis of its figure, and the lines over it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landscape_sim.plots.style import COLOURS, line_colours

if TYPE_CHECKING:
    import xarray as xr

#: Lines of a legend beside the data; of more lines every second is named, or every third.
_MOST_NAMED = 24
#: Likewise of lines that are drawn at all.
_MOST_DRAWN = 120
_DIMS = ("landscape", "setting", "loss_ratio")
_POINT = "point"
_PARAMETER = "parameter_"
#: A parameter over more than this is on a logarithmic axis.
_WIDE = 5.0


class Axis(NamedTuple):
    """What is swept along a figure.

    Attributes
    ----------
    variable : str
        ``loss_ratio``, ``temperature``, or a parameter's.
    label : str
        Under the axis.
    scale : str
        Linear or log.
    """

    variable: str
    label: str
    scale: str


class Line(NamedTuple):
    """One line of a panel.

    Attributes
    ----------
    label : str
        What tells it from the others; empty for one alone.
    slope : str
        Its power law, if it has one.
    is_named : bool
        Whether a legend names it: of very many lines only some.
    rates : Dataset
        Over the dimension ``point``, with ``x`` among its variables.
    colour : str
        Of its marks.
    """

    label: str
    slope: str
    is_named: bool
    rates: xr.Dataset
    colour: str


def axis_of(panel: xr.Dataset) -> Axis:
    """Return what the axis is: of loss ratio, temperature and parameters, what has most values.

    Settings are an axis only where there is one loss ratio. A parameter is one where it has more
    values than these.
    """
    n_noises = len(set(panel["noise"].to_numpy().tolist()))
    n_settings = panel.sizes["setting"] // int(np.unique(panel["repeat"]).size)
    is_single = panel.sizes["loss_ratio"] == 1
    unknown = bool(panel["loss_ratio"].isnull().any())
    if is_single and (n_settings > n_noises or unknown):
        axis = Axis("temperature", "temperature $T = η h^*/B$", "log")
        most = n_settings // n_noises
    else:
        axis, most = Axis("loss_ratio", "loss ratio $L^s/L^*$", "log"), panel.sizes["loss_ratio"]
    for name in _parameters(panel):
        values = _finite(panel[name].to_numpy())
        if values.size > most:
            is_log = values[0] > 0.0 and values[-1] > _WIDE * values[0]
            axis = Axis(name, name.removeprefix(_PARAMETER), "log" if is_log else "linear")
            most = values.size
    return axis


def are_many(panel: xr.Dataset, axis: Axis) -> bool:
    """Return whether the lines of a panel are too many to be named over the data."""
    return bool(_codes(panel, axis).max() >= len(COLOURS))


def lines_of(panel: xr.Dataset, axis: Axis) -> Iterator[Line]:
    """Yield the lines of one panel: of points that differ in what is along the axis alone."""
    codes = _codes(panel, axis)
    flat = _flat(panel, axis)
    n_lines = int(codes.max()) + 1
    temperature = np.array([_mean(flat["temperature"].data[codes == k]) for k in range(n_lines)])
    # A few colours have no order; many go from light to dark with the temperature.
    place = np.arange(n_lines)
    if n_lines > len(COLOURS):
        place = np.argsort(np.argsort(temperature, kind="stable"), kind="stable")
    colours = line_colours(n_lines)
    step = -(-n_lines // _MOST_DRAWN)
    every = -(-n_lines // (_MOST_NAMED * step)) * step
    for k in range(0, n_lines, step):
        mine = np.flatnonzero((codes == k) & flat["is_begun"].data)
        if mine.size:
            rates = flat.isel({_POINT: mine}).sortby("x")
            slope = _slope(rates) if axis.variable == "loss_ratio" else ""
            label = _label(panel, axis, rates)
            yield Line(label, slope, k % every == 0, rates, colours[place[k]])


def _parameters(dataset: xr.Dataset) -> list[str]:
    return [str(name) for name in dataset.coords if str(name).startswith(_PARAMETER)]


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.unique(values[np.isfinite(values)])


def _mean(values: NDArray[np.float64]) -> float:
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else np.inf


def _codes(panel: xr.Dataset, axis: Axis) -> NDArray[np.intp]:
    """Return for every point of the panel the number of its line, in order of appearance."""
    shape = tuple(panel.sizes[name] for name in _DIMS)
    landscape, setting, ratio = np.meshgrid(*map(np.arange, shape), indexing="ij")
    if axis.variable.startswith(_PARAMETER):
        landscape = _alike(panel, [n for n in _parameters(panel) if n != axis.variable])[landscape]
    names = ["noise"] if axis.variable == "temperature" else _OF_SETTING
    setting = _alike(panel, names)[setting]
    if axis.variable == "loss_ratio":
        ratio = np.zeros_like(ratio)
    rows = np.stack([landscape.ravel(), setting.ravel(), ratio.ravel()], axis=1)
    return _in_order_of_appearance(rows)


_OF_SETTING = ["noise", "learning_rate", "batch_size", "given_temperature"]


def _alike(panel: xr.Dataset, names: list[str]) -> NDArray[np.intp]:
    """Return a number for each entry of a dimension, the same for those equal in all variables."""
    if not names:
        return np.zeros(panel.sizes["landscape"], dtype=np.intp)
    columns = [np.unique(panel[name].to_numpy(), return_inverse=True)[1] for name in names]
    return _in_order_of_appearance(np.stack(columns, axis=1))


def _in_order_of_appearance(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    _, first, number = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number.ravel()]


def _flat(panel: xr.Dataset, axis: Axis) -> xr.Dataset:
    """Return the panel with one dimension of points, and their place ``x`` on the axis."""
    names = [name for name in panel.data_vars if set(panel[name].dims) <= set(_DIMS)]
    everything = panel[names].assign(x=panel[axis.variable]).reset_coords()
    sizes = {dim: everything.sizes[dim] for dim in _DIMS}
    # By variables: what xarray does to keep their indexes in step takes ten times as long.
    return everything.map(
        lambda one: one.variable.set_dims(sizes).stack({_POINT: _DIMS})
    ).drop_vars([*_DIMS, _POINT], errors="ignore")


def _label(panel: xr.Dataset, axis: Axis, rates: xr.Dataset) -> str:
    """Return what tells a line from the others of its panel."""
    said = [
        f"{name.removeprefix(_PARAMETER)} = {rates[name].data[0]:.4g}"
        for name in _parameters(panel)
        if name != axis.variable and _finite(panel[name].to_numpy()).size > 1
    ]
    noise = str(rates["noise"].data[0])
    if axis.variable == "temperature":
        said += [f"{noise} noise"] if np.unique(panel["noise"]).size > 1 else []
    elif axis.variable == "loss_ratio" or panel.sizes["setting"] > 1:
        said += [f"{noise} noise"] if noise != "isotropic" else []
        said.append(_strength(rates))
    if axis.variable != "loss_ratio" and panel.sizes["loss_ratio"] > 1:
        said.append(f"$L^s/L^*$ = {rates['loss_ratio'].data[0]:.4g}")
    return ", ".join(said)


def _strength(rates: xr.Dataset) -> str:
    temperature = rates["given_temperature"].data[0]
    if np.isfinite(temperature):
        return f"$T$ = {temperature:.4g}"
    return f"$B/η$ = {rates['batch_size'].data[0] / rates['learning_rate'].data[0]:.4g}"


def _slope(rates: xr.Dataset) -> str:
    """Return predicted and fitted exponent; constant noise has no power law."""
    if rates["is_constant"].data[0]:
        return ""
    exponent = float(rates["exponent_predicted"].data[0])
    predicted = "not predicted" if np.isnan(exponent) else f"−{exponent:.2f}"
    if np.unique(rates["repeat"]).size > 1:  # each has its own
        return f": slope {predicted}"
    fitted = float(rates["exponent_fitted"].data[0])
    if np.isnan(fitted):
        return f": slope {predicted} (not fitted)"
    half = float(rates["exponent_high"].data[0] - rates["exponent_low"].data[0]) / 2
    return f": slope {predicted}, fitted −{fitted:.2f} ± {half:.2f}"
