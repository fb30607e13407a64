"""Pages that a command writes say what their templates say: else the next run would lose it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = dict(
    pair
    for path in sorted((ROOT / "benchmarks").glob("*.py"))
    for pair in re.findall(r'write_page\(\s*"([\w.-]+)",\s*"([\w.-]+)"', path.read_text("utf-8"))
)


@pytest.mark.parametrize("template", WRITTEN)
def test_a_page_has_all_of_its_template_in_order(template):
    page = (ROOT / "docs" / WRITTEN[template]).read_text("utf-8")
    text = (ROOT / "benchmarks" / template).read_text("utf-8")
    for part in filter(str.strip, re.split(r"<!-- [\w -]+ -->", text)):
        assert part.strip() in page, part
        page = page.partition(part.strip())[2]


def test_pages_are_found():
    assert len(WRITTEN) == len(list((ROOT / "benchmarks").glob("*.md")))
