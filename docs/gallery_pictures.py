"""The pictures of the gallery: files that its scripts leave, as from the shell."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sphinx_gallery.scrapers import figure_rst


def pictures_of_a_script(block: Any, variables: dict[str, Any], settings: dict[str, Any]) -> str:
    """Move the PNG files that a block has left beside its script to the page's images."""
    moved = []
    for picture in sorted(Path(variables["src_file"]).parent.glob("*.png")):
        moved.append(next(variables["image_path_iterator"]))
        shutil.move(picture, moved[-1])
    return figure_rst(moved, settings["src_dir"])
