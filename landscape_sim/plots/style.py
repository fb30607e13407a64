"""One look for every figure, and files that are the same bytes for the same data.

The house style is in force while a figure is made, drawn and saved, and no longer: Matplotlib's
``rcParams`` stay as the user has set them.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from numpy.typing import NDArray

from landscape_sim.files import write_atomically
from landscape_sim.validation import InputError

AxesLike = Axes | Sequence[Axes] | NDArray[Any]
P = ParamSpec("P")
Drawn = TypeVar("Drawn")

#: Colours of Okabe and Ito, distinguishable with any colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")

#: Of the map that lends colours where there are more lines than these: no end vanishes on paper or
#: on a dark page.
_DARK, _LIGHT = 0.25, 0.85

#: Of the layout too, so that Matplotlib sets every formula once for both.
_DPI = 160

_STYLE: dict[Any, Any] = {
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "lines.linewidth": 1.6,
    "svg.hashsalt": "landscape_sim",
    # A figure's own layout is the only one.
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
    # Formulas are set by Matplotlib itself: LaTeX may not be here.
    "text.usetex": False,
}


class HouseFigure(Figure):
    """A figure that is drawn and saved in the house style, whoever asks for it.

    Matplotlib makes ticks and their labels when it draws.
    """

    def draw(self, renderer: Any) -> None:
        """Draw in the house style."""
        with mpl.rc_context(_STYLE):
            super().draw(renderer)

    def savefig(self, *arguments: Any, **settings: Any) -> None:
        """Save in the house style."""
        with mpl.rc_context(_STYLE):
            super().savefig(*arguments, **settings)

    def _repr_png_(self) -> bytes:
        """Return the picture that a notebook shows."""
        picture = io.BytesIO()
        self.savefig(picture, format="png", dpi=_DPI / 2)
        return picture.getvalue()


def house_style(plot: Callable[P, Drawn]) -> Callable[P, Drawn]:
    """Let ``plot`` draw in the house style, unless it is given ``axes``: those are its caller's."""

    @wraps(plot)
    def styled(*arguments: P.args, **settings: P.kwargs) -> Drawn:
        with mpl.rc_context({} if settings.get("axes") is not None else _STYLE):
            return plot(*arguments, **settings)

    return styled


def line_colours(number: int) -> Sequence[str]:
    """Return a colour for each of so many lines, none twice; from dark to light where many."""
    if number <= len(COLOURS):
        return COLOURS[:number]
    shades = mpl.colormaps["viridis"](np.linspace(_DARK, _LIGHT, number))
    return [to_hex(shade) for shade in shades]


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of this size in inches, to be filled under :func:`house_style`."""
    return HouseFigure(figsize=(width, height), layout="constrained", dpi=_DPI)


def figure_and_panels(
    axes: AxesLike | None, size: tuple[float, float], shape: tuple[int, int], **layout: Any
) -> tuple[Figure, NDArray[Any]]:
    """Return a new figure of ``size`` in inches and its panels, or the caller's.

    Parameters
    ----------
    axes : Axes or array of Axes, optional
        Of the caller, as many as ``shape`` holds.
    size, layout
        Of the new figure where there are none; ``layout`` as ``Figure.subplots`` takes it.

    Returns
    -------
    Figure
    ndarray of Axes, of ``shape``

    Raises
    ------
    InputError
        If the caller's axes are of another number.
    """
    if axes is None:
        figure = new_figure(*size)
        return figure, figure.subplots(*shape, squeeze=False, **layout)
    panels = np.asarray(axes, dtype=object)
    if panels.size != shape[0] * shape[1]:
        raise InputError(
            f"axes must be {shape[0]} x {shape[1]}, got {panels.size}; make them with "
            f"plt.subplots({shape[0]}, {shape[1]})"
        )
    panels = panels.reshape(shape)
    return panels[0, 0].figure.figure, panels


def save_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write ``figure`` as PNG and SVG into ``folder``; return the two paths."""
    paths = [folder / f"{name}.png", folder / f"{name}.svg"]
    # The layout is solved once, not once a format.
    layout = figure.get_layout_engine()
    with mpl.rc_context(_STYLE):
        if layout is not None:
            layout.execute(figure)
            figure.set_layout_engine(None)  # "none" would draw once more before each format
        for path in paths:
            suffix = path.suffix[1:]
            metadata = {"Date": None} if suffix == "svg" else None
            drawn = io.BytesIO()
            figure.savefig(drawn, format=suffix, metadata=metadata)
            write_atomically(path, drawn.getbuffer())
    return paths
