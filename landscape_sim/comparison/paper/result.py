"""A figure of the paper, made again: its study's result, with the claims beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from landscape_sim.columns import Table
from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.cases import Progress
from landscape_sim.comparison.paper.claims import Claim, summary
from landscape_sim.comparison.paper.figure_type import PaperFigure
from landscape_sim.comparison.sgd.run import SgdResult, run_sgd_study
from landscape_sim.comparison.sgd.study import SgdStudy
from landscape_sim.report.report import Report
from landscape_sim.result_files import write_table


@dataclass(frozen=True)
class PaperResult:
    """What was measured for a figure.

    Attributes
    ----------
    figure : PaperFigure
    measured : SgdResult
        Of its study.
    """

    figure: PaperFigure
    measured: SgdResult

    @property
    def study(self) -> SgdStudy:
        """What was run."""
        return self.measured.study

    @property
    def is_complete(self) -> bool:
        """Whether every case was finished."""
        return self.measured.is_complete

    @property
    def refusal(self) -> str | None:
        """Which case could not be run, and why."""
        return self.measured.refusal

    @property
    def claims(self) -> list[Claim]:
        """The paper's claims, beside what is exact and what was measured."""
        return self.figure.claims(self.measured)

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Return the claims as rows, and the table that they rest on."""
        title = "The paper's claims, what is exact, and what was measured"
        return {title: [claim.row() for claim in self.claims]}

    def sentences(self) -> list[str]:
        """Return what became of the claims, the paper's statement, what the numbers assume."""
        return [
            summary(self.claims),
            f"The paper, section {self.figure.section}: {self.figure.statement}",
            *self.figure.notes(self.measured),
            self._scale(),
        ]

    def write_numbers(self, folder: Path) -> None:
        """Write ``claims.csv`` beside the tables and the dataset of the study."""
        self.measured.write_numbers(folder)
        rows = [claim.row() for claim in self.claims]
        if rows:
            write_table(folder, "claims", rows, list(rows[0]))

    def write_figures(self, folder: Path) -> None:
        """Draw and write the figure."""
        self.measured.write_figures(folder)

    def report(self) -> Report:
        """Return what ``report.html`` says: claims, statement, and the study that they rest on."""
        (title, rows), study = next(iter(self.tables().items())), self.measured.report()
        verdict, *notes = self.sentences()
        return replace(
            study,
            title=f"The paper's figure {self.figure.name}",
            verdict=verdict,
            tables=[Table(title, rows), *study.tables],
            notes=[*notes, *study.notes],
        )

    def _scale(self) -> str:
        study, paper = self.study, self.figure.study()
        steps = sum(row["path_steps"] for row in self.measured.rows())
        changed = [
            name
            for name in type(study).model_fields
            if name != "seed" and getattr(study, name) != getattr(paper, name)
        ]
        scale = f"smaller in {', '.join(changed)}" if changed else "the paper's own settings"
        return f"Scale: {scale}; {steps:.2g} steps of SGD."


def make_figure(
    figure: PaperFigure,
    study: SgdStudy | None = None,
    progress: Progress | None = None,
    store: CaseStore | None = None,
) -> PaperResult:
    """Return the figure with its claims; ``study`` by default that of the whole figure.

    Raises
    ------
    InputError
        If a case cannot be run.
    """
    chosen = figure.study() if study is None else study
    return PaperResult(figure, run_sgd_study(chosen, progress, store))
