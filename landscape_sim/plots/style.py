"""One look for every figure, and files that are the same bytes for the same data."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from landscape_sim.files import write_atomically

#: Colours of Okabe and Ito, distinguishable with any colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")

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
}


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of this size in inches, in the house style."""
    mpl.rcParams.update(_STYLE)
    return Figure(figsize=(width, height), layout="constrained", dpi=_DPI)


def save_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write ``figure`` as PNG and SVG into ``folder``; return the two paths."""
    paths = [folder / f"{name}.png", folder / f"{name}.svg"]
    # The layout is solved once, not once a format.
    layout = figure.get_layout_engine()
    if layout is not None:
        layout.execute(figure)
        figure.set_layout_engine("none")
    for path in paths:
        suffix = path.suffix[1:]
        metadata = {"Date": None} if suffix == "svg" else None
        write_atomically(path, partial(figure.savefig, format=suffix, metadata=metadata))
    return paths
