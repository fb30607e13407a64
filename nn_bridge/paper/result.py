"""A figure of the paper, made again: its claims, tables, data set and drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from landscape_sim.columns import Rows
from landscape_sim.comparison.paper.claims import Claim, summary
from landscape_sim.report.report import Chart
from nn_bridge.results.measurement import Measurement

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

    from landscape_sim.plots.style import AxesLike

    Draw = Callable[..., Figure]


@dataclass(frozen=True, kw_only=True)
class PaperResult(Measurement):
    """What was measured for a figure.

    Attributes
    ----------
    statement : str
        The paper's, in our words.
    claims : list of Claim
    tables : mapping
        Further tables by name.
    data : xarray.Dataset
    draw : callable
        Of the room plots: takes the data set, a title and ``axes``.
    notes : list of str
        On scale, cost and what the numbers assume.
    answers_found, answers_computed : int
        Parts that were there already, and that were not.
    report_charts : mapping of str to Chart
        Of ``report.html``.
    """

    figure_name: ClassVar[str] = "figure"

    statement: str
    claims: list[Claim]
    tables: Mapping[str, Rows]
    data: xr.Dataset
    draw: Draw
    notes: list[str] = field(default_factory=list)
    answers_found: int = 0
    answers_computed: int = 0
    report_charts: Mapping[str, Chart] = field(default_factory=dict)

    def rows(self) -> dict[str, Rows]:
        """Return the table ``claims``, and those of the figure."""
        return {"claims": [claim.row() for claim in self.claims], **self.tables}

    def dataset(self) -> xr.Dataset:
        """Return all numbers of the figure."""
        return self.data.assign_attrs(data=self.provenance.data.provenance)

    def plot(self, axes: AxesLike | None = None) -> Figure:
        """Return the figure in the paper's arrangement."""
        others = self.provenance.settings["further_data"]
        further = [f"{data['name']}, N = {data['samples']}" for data in others]
        title = "; ".join([self.provenance.subject, *further])
        return self.draw(self.dataset(), title, axes=axes)

    def printed(self) -> dict[str, Rows]:
        """Return the claims, with what became of them; of a network nothing is exact."""
        rows = [{k: v for k, v in claim.row().items() if k != "exact"} for claim in self.claims]
        return {"The paper's claims, and what was measured": rows}

    def charts(self) -> dict[str, Chart]:
        """Return the figure's charts."""
        return dict(self.report_charts)

    def sentences(self) -> list[str]:
        """Return what became of the claims, the paper's statement, the notes, what was there."""
        found, computed = self.answers_found, self.answers_computed
        reused = f"{found} answers were there already; {computed} were computed."
        told = [summary(self.claims), f"The paper: {self.statement}", *self.notes]
        return [*told, *([reused] if found else [])]

    def numbers(self) -> dict[str, Any]:
        """Return every table, and how many parts were there already."""
        return {
            "results": self.rows(),
            "answers_found": self.answers_found,
            "answers_computed": self.answers_computed,
        }
