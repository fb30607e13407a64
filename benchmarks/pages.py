"""Pages of the documentation that a command writes: Markdown tables put into a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


def markdown(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def write_page(template: str, page: str, sections: Mapping[str, str]) -> str:
    """Write ``docs/<page>`` from ``benchmarks/<template>``; return its text.

    ``<!-- name -->`` stands where the section of this name belongs.
    """
    text = Path(__file__).with_name(template).read_text(encoding="utf-8")
    for name, section in sections.items():
        text = text.replace(f"<!-- {name} -->", section.strip())
    (DOCS / page).write_text(text, encoding="utf-8")
    return text
