"""The quasi-stationary density in the plane, beside the power law in the loss that it should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter
from numpy.typing import NDArray

from landscape_sim.landscapes import EscapeRoute
from landscape_sim.plots.plane import draw_route, frame_on, name_axes, route_handles
from landscape_sim.plots.style import COLOURS, AxesLike, figure_and_panels, house_style

Array = NDArray[np.float64]

#: Decades of density below the largest that the map shows.
_DECADES = 8
_MOST_DOTS = 6000


class DensityField(Protocol):
    """A density on a grid."""

    @property
    def x(self) -> Array:
        """First coordinate of every node, shape (n0, n1)."""

    @property
    def y(self) -> Array:
        """Second coordinate of every node."""

    @property
    def density(self) -> Array:
        """The density there, NaN where no path goes."""


@house_style
def plot_quasi_stationary(
    distribution: DensityField,
    loss: Array,
    exponent: float,
    route: EscapeRoute,
    label: str,
    *,
    names: Sequence[str] = ("$x_1$", "$x_2$"),
    axes: AxesLike | None = None,
) -> Figure:
    """Draw a map of the density, and the density against the loss on log-log axes.

    Parameters
    ----------
    distribution : PlaneQuasiStationaryDistribution
        Positions of the nodes, and the quasi-stationary density there (NaN where no path
        goes).
    loss : ndarray, shape (n0, n1)
        The loss at the nodes.
    exponent : float
        ``φ`` of the law ``P ∝ L^−φ``, drawn through the density at the minimum.
    route : EscapeRoute
        Drawn over the map.
    label : str
        Title.
    names : pair of str
        Labels of the map's axes.
    axes : pair of Axes, optional
        Where to draw map and law; by default in a new figure.
    """
    figure, panels = figure_and_panels(axes, (10.8, 4.6), (1, 2), width_ratios=(1.15, 1.0))
    left, right = panels[0]
    x, y, density = distribution.x, distribution.y, distribution.density
    relative = density / np.nanmax(density)
    shown = relative > 10.0**-_DECADES
    decades = np.full(density.shape, np.nan)
    decades[shown] = np.log10(relative[shown])
    filled = left.contourf(x, y, decades, levels=np.linspace(-_DECADES, 0, 33), cmap="Blues")
    filled.set_rasterized(True)
    figure.colorbar(filled, ax=left, label=r"$\log_{10}(P/P_{\max})$", ticks=range(-_DECADES, 1))
    draw_route(left, route)
    name_axes(left, names)
    frame_on(left, x, y, shown)
    _draw_law(right, x[shown], y[shown], density[shown], loss[shown], exponent, route)
    if axes is None:
        left.legend(
            handles=route_handles(), loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3
        )
        figure.suptitle(label)
    else:
        left.set_title(label)
    return figure


def _draw_law(
    axes: Axes,
    x: Array,
    y: Array,
    density: Array,
    loss: Array,
    exponent: float,
    route: EscapeRoute,
) -> None:
    far = np.hypot(x - route.minimum.position[0], y - route.minimum.position[1])
    near = np.hypot(x - route.destination.position[0], y - route.destination.position[1])
    thinned = slice(None, None, max(1, x.size // _MOST_DOTS))
    for mask, colour, side in (
        (far > near, COLOURS[4], "nearer to the target"),
        (far <= near, COLOURS[0], "nearer to the start"),
    ):
        dots = loss[mask][thinned], density[mask][thinned]
        axes.plot(*dots, ".", color=colour, ms=2.5, rasterized=True)
        axes.plot([], [], "o", color=colour, ms=5, label=side)
    middle = int(np.argmin(far))
    heights = np.geomspace(route.minimum.loss, loss.max(), 50)
    law = density[middle] * (heights / loss[middle]) ** -exponent
    axes.plot(heights, law, color=COLOURS[1], label=rf"$L^{{-φ}}$, $φ$ = {exponent:.3g}")
    axes.axvline(route.saddle.loss, color="0.4", linewidth=0.8, linestyle=":", label="$L^s$")
    axes.set(xscale="log", yscale="log", xlabel="loss $L$", ylabel="quasi-stationary density $P$")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.legend()
