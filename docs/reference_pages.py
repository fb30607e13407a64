"""Write the pages of the reference: every public name of both packages, room by room."""

from __future__ import annotations

import inspect
from collections import defaultdict
from importlib import import_module
from pathlib import Path

#: In the order in which a reader meets them.
PACKAGES = {
    "landscape_sim": "Escapes from minima: landscapes, laws, exact answers, simulations.",
    "nn_bridge": "The same quantities measured on networks.",
}


def write_reference(folder: Path) -> None:
    """Write one page for each package into ``folder``; pages that did not change stay untouched."""
    folder.mkdir(exist_ok=True)
    for package, purpose in PACKAGES.items():
        page = folder / f"{package}.md"
        text = _page(package, purpose)
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def _page(package: str, purpose: str) -> str:
    lines = [f"# {package}", "", purpose, ""]
    for room, names in sorted(_names_by_room(package).items()):
        lines += [f"## {room}", "", _summary(f"{package}.{room}"), "", "```{eval-rst}"]
        lines += [".. autosummary::", "   :toctree: names", "   :nosignatures:", ""]
        lines += [f"   {package}.{name}" for name in names]
        lines += ["```", ""]
    return "\n".join(lines)


def _names_by_room(package: str) -> dict[str, list[str]]:
    """Return the public names under the room, or the file, that they come from."""
    public = import_module(package)
    rooms: defaultdict[str, list[str]] = defaultdict(list)
    for name in public.__all__:
        home = inspect.getmodule(getattr(public, name))
        assert home is not None, name
        rooms[home.__name__.split(".")[1]].append(name)
    return dict(rooms)


def _summary(module: str) -> str:
    """Return the first sentence of a module's docstring."""
    text = inspect.getdoc(import_module(module)) or ""
    return " ".join(text.split("\n\n")[0].split())
