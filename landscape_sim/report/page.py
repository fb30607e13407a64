"""The page itself: HTML that needs nothing beside it, readable also where scripts do not run."""

from __future__ import annotations

import gzip
import io
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import escape
from importlib.resources import files
from string import Template

from landscape_sim.columns import Table
from landscape_sim.report.report import Chart, Report
from landscape_sim.result_files import installed_versions

_VERSIONED = ("landscape-sim", "numpy", "numba", "scipy")
#: Rows of a table; the CSV files have all of them.
_MOST_ROWS = 500
#: Of a picture in pixels, and its colours: on a page it need not be larger.
_WIDTH, _COLOURS = 1100, 64


def page(report: Report, pictures: Mapping[str, bytes]) -> str:
    """Return the report with the pictures of its folder, or charts in their places.

    Parameters
    ----------
    report : Report
    pictures : mapping of str to bytes
        PNG files by their names.
    """
    own = files("landscape_sim.report")
    texts = {name: own.joinpath(name).read_text("utf-8") for name in _PARTS}
    return Template(texts["page.html"]).substitute(
        title=escape(report.title),
        verdict=escape(report.verdict),
        notes="".join(f"<li>{escape(note)}</li>" for note in report.notes),
        figures="\n".join(_figures(report.charts, pictures)),
        tables="\n".join(_table(table) for table in report.tables if table.rows),
        settings=escape(json.dumps(report.settings, indent=1, ensure_ascii=False)),
        command=escape(report.command),
        versions=escape(", ".join(f"{k} {v}" for k, v in installed_versions(_VERSIONED).items())),
        style=texts["page.css"],
        script=texts["page.js"],
        library=_packed_plotly() if report.charts else "",
    )


_PARTS = ("page.html", "page.css", "page.js")


def _figures(charts: Mapping[str, Chart], pictures: Mapping[str, bytes]) -> Iterator[str]:
    for name in dict.fromkeys([*charts, *pictures]):
        picture = _picture(name, pictures[name]) if name in pictures else ""
        if name in charts:
            picture = _chart(name, charts[name], picture)
        yield f"<figure id='{escape(name)}'>{picture}</figure>"


def _picture(name: str, png: bytes) -> str:
    """Return a picture in the page, or that it is damaged: the folder may have others than ours."""
    from PIL import Image

    try:
        data = b64encode(_small(png)).decode()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return f"<p>{escape(name)}.png is damaged, and left out.</p>"
    return f"<img alt='{escape(name)}' src='data:image/png;base64,{data}'>"


def _small(png: bytes) -> bytes:
    """Return a picture of few colours, and so of few bytes."""
    from PIL import Image

    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.thumbnail((_WIDTH, 10 * _WIDTH))
    small = io.BytesIO()
    image.quantize(_COLOURS).save(small, "png", optimize=True)
    return small.getvalue()


def _chart(name: str, chart: Chart, picture: str) -> str:
    """Return where a script draws; until then, and without scripts, there is the picture."""
    caption = f"<figcaption>{escape(chart['caption'])}</figcaption>"
    content = json.dumps(chart, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    # The height of the place is kept when the window changes, the library's own is not.
    height = chart["layout"].get("height", 0)
    return (
        f"<div class='chart' style='min-width: {chart.get('min_width', 0)}px; height: {height}px' "
        "role='img' "
        f"aria-label='{escape(name)}'>{picture}</div>"
        f"<script type='application/json' class='chart-data'>{content}</script>{caption}"
    )


def _table(table: Table) -> str:
    shown = replace(table, rows=table.rows[:_MOST_ROWS])
    left = len(table.rows) - len(shown.rows)
    more = f"<p>{left} more rows are in the CSV file.</p>" if left else ""
    return (
        f"<section class='table'><h2>{escape(table.heading)}</h2>{more}"
        f"<div class='scroll' tabindex='0'>{shown.html()}</div></section>"
    )


def _packed_plotly() -> str:
    """Return the drawing library, packed: unpacked it would be most of the page's 5 MB."""
    script = files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
    return b64encode(gzip.compress(script, mtime=0)).decode()
