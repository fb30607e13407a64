"""What a report holds, whatever was run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from landscape_sim.columns import Table

#: A chart as Plotly takes it, ``data`` and ``layout``; the axes that can be made linear, the
#: caption, and how many pixels wide it is at least.
Chart = Mapping[str, Any]


@dataclass(frozen=True)
class Report:
    """What there is to say, in the order in which it is read.

    Attributes
    ----------
    title : str
        What was run.
    verdict : str
        The answer, in a sentence.
    tables : sequence of Table
        The numbers.
    command : str
        Repeats the run, from the folder.
    notes : sequence of str
        Refusals, caveats, what is missing.
    settings : mapping
        Of the run, as its record has them.
    charts : mapping of str to Chart
        Drawn in place of the picture of this name.
    """

    title: str
    verdict: str
    tables: Sequence[Table]
    command: str
    notes: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    charts: Mapping[str, Chart] = field(default_factory=dict)
