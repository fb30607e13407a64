"""Tables as they are printed."""

from __future__ import annotations

from landscape_sim.columns import Column, Table
from landscape_sim.console.tables import print_tables

COLUMNS = (
    Column("name", "{name}"),
    Column("value", "{value:.2f}"),
    Column("{level:.0%} interval", "{low:.1f} … {high:.1f}", "∞"),
)
ROWS = [
    {"name": "one", "value": 1.0, "level": 0.95, "low": 0.5, "high": None},
    {"name": "two", "value": None, "level": 0.95, "low": 1.0, "high": 3.0},
]


def test_columns_show_values_intervals_and_what_is_missing(capsys):
    print_tables(
        [Table("At {level:.0%}", ROWS, COLUMNS), Table("", [], COLUMNS)],
        ["A sentence with [brackets]."],
        "some/folder",
    )
    title, _, heading, _, first, second, *rest = capsys.readouterr().out.splitlines()
    assert title.strip() == "At 95%"
    assert heading.split() == ["name", "value", "95%", "interval"]
    assert first.split() == ["one", "1.00", "0.5", "…", "∞"]
    assert second.split() == ["two", "-", "1.0", "…", "3.0"]
    assert rest[-2:] == ["A sentence with [brackets].", "Results: some/folder"]


def test_without_columns_every_value_stands_under_its_name(capsys):
    print_tables([Table("", [{"n": 2, "ok": True, "x": 1 / 3, "why": None}])])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["n", "ok", "x", "why"] in lines
    assert ["2", "yes", "0.33333", "-"] in lines
