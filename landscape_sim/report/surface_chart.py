"""A landscape in the plane as a surface that can be turned round, with the way over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landscape_sim.landscapes import EscapeRoute, LandscapeLike
from landscape_sim.plots.landscape import field_below, highest_shown
from landscape_sim.plots.plane import coordinate_names
from landscape_sim.plots.style import COLOURS
from landscape_sim.report.report import Chart

Array = NDArray[np.float64]

#: Every so many nodes of the picture's grid, and digits of a number: more would not be seen.
_COARSE, _DIGITS = 4, 4
_CAPTION = (
    "The logarithm of the loss, flat where it is higher than shown; the path of steepest descent "
    "from the saddle to both minima. It can be turned round."
)


def surface_chart(
    landscape: LandscapeLike, route: EscapeRoute, paths: Sequence[Array] = ()
) -> Chart:
    """Return ``log L`` over the plane up to above the saddle, the route, and escape paths.

    Parameters
    ----------
    landscape : LandscapeLike
        In two dimensions.
    route : EscapeRoute
        From one minimum over the saddle to the other.
    paths : sequence of ndarray, shape (m, 2)
        Simulated escapes.
    """
    ceiling = highest_shown(route)
    x, y, loss = (values[::_COARSE, ::_COARSE] for values in field_below(landscape, ceiling))
    # A plateau above, for a ragged rim would hide the valley.
    height = np.log(np.where((loss > 0.0) & (loss <= ceiling), loss, ceiling))
    names = [name.replace("$", "") for name in coordinate_names(landscape, 2)]
    surface = {
        "type": "surface",
        "x": _rounded(x[:, 0]),
        "y": _rounded(y[0]),
        "opacity": 0.9,
        "z": [_rounded(row) for row in height.T],
        "colorscale": "Blues",
        "colorbar": {"title": {"text": "log L"}},
        "hovertemplate": f"{names[0]} %{{x:.4g}}, {names[1]} %{{y:.4g}}<br>log L %{{z:.4g}}"
        "<extra></extra>",
    }
    ends = np.array([point.position for point in (route.minimum, route.saddle, route.destination)])
    marks = _over(landscape, ends, "minima and saddle", COLOURS[1], "markers")
    way = _over(landscape, route.path, "steepest descent", "#000000", "lines")
    sampled = [_over(landscape, path, "escape", COLOURS[4], "lines") for path in paths]
    axes = {"xaxis": {"title": {"text": names[0]}}, "yaxis": {"title": {"text": names[1]}}}
    scene = {**axes, "zaxis": {"title": {"text": "log L"}}}
    layout = {"height": 560, "margin": {"t": 10, "l": 0, "r": 0, "b": 0}, "scene": scene}
    data = [surface, way, marks, *sampled]
    return {"data": data, "layout": layout, "log_axes": [], "caption": _CAPTION}


def _over(
    landscape: LandscapeLike, points: Array, name: str, colour: str, mode: str
) -> dict[str, Any]:
    heights = np.log(np.broadcast_to(landscape.loss(tuple(points.T)), len(points)))
    return {
        "type": "scatter3d",
        "mode": mode,
        "name": name,
        "showlegend": False,
        "x": _rounded(points[:, 0]),
        "y": _rounded(points[:, 1]),
        "z": _rounded(heights),
        "line": {"color": colour, "width": 5},
        "marker": {"color": colour, "size": 5},
    }


def _rounded(values: Array) -> list[float | None]:
    return [float(f"{one:.{_DIGITS}g}") if np.isfinite(one) else None for one in values]
