"""The file ``report.html`` of a folder."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from landscape_sim.files import write_atomically
from landscape_sim.report.page import page
from landscape_sim.report.report import Report

#: The last file of a results folder.
REPORT = "report.html"
#: Pictures that a page holds; the folder has all of them.
_MOST_PICTURES = 12


def write_report(report: Report, folder: Path) -> Path:
    """Write ``report.html`` beside the pictures of a folder, and return its path.

    Raises
    ------
    InputError
        If the disk refuses.
    """
    path = folder / REPORT
    pictures = dict(islice(_pictures(folder), _MOST_PICTURES))
    write_atomically(path, page(report, pictures).encode())
    return path


def _pictures(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the pictures of a folder, that of all rates first; none of what cannot be read."""
    paths = sorted(folder.glob("*.png"), key=lambda path: (path.stem != "rates", _order(path.stem)))
    for path in paths:
        try:
            yield path.stem, path.read_bytes()
        except OSError:
            yield path.stem, b""


def _order(name: str) -> list[tuple[int, str]]:
    """Return what sorts ``landscape-2`` before ``landscape-10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in name.split("-")]
