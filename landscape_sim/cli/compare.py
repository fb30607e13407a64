"""Run a study with live progress and leave its results folder behind."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from landscape_sim.comparison.escapes.case import CaseResult
from landscape_sim.comparison.escapes.run import CaseIndex, StudyResult, run_study
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.comparison.escapes.tables import exponent_row, rows, to_dataset
from landscape_sim.comparison.escapes.verdict import SweepVerdict, judge
from landscape_sim.estimators import survival_curve
from landscape_sim.plots.landscape import plot_escape
from landscape_sim.plots.rates import plot_rates
from landscape_sim.plots.style import save_figure
from landscape_sim.plots.survival import LabelledCurve, plot_survival
from landscape_sim.results_folder import (
    create_results_folder,
    write_dataset,
    write_study,
    write_table,
)


class LiveProgress:
    """A bar of the study's paths, with the case at hand, where stderr is a terminal."""

    def __init__(self, study: Study) -> None:
        console = Console(stderr=True)
        n_cases = len(study.landscapes) * len(study.settings) * len(study.loss_ratios)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("paths"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._n_paths, self._n_before = study.n_paths, 0
        self._task = self._bar.add_task("starting", total=n_cases * study.n_paths)

    def __enter__(self) -> LiveProgress:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def case_started(self, label: str) -> None:
        """Name the case at hand."""
        self._bar.update(self._task, description=label)

    def paths_ended(self, n_paths: int) -> None:
        """Move the bar within a case."""
        self._bar.update(self._task, completed=self._n_before + n_paths)

    def case_finished(self) -> None:
        """Move the bar to the end of a case."""
        self._n_before += self._n_paths
        self.paths_ended(0)


def run_and_store(study: Study, out: Path | None) -> tuple[StudyResult, Path, dict[str, Any]]:
    """Run ``study``, write its folder, and return result, folder and the ``--json`` document."""
    folder = create_results_folder(study, out)
    write_study(study, folder, is_complete=False)
    try:
        with LiveProgress(study) as progress:
            result = run_study(study, progress)
    except BaseException:
        _discard(folder)
        raise
    document: dict[str, Any] = {
        "study": study.model_dump(mode="json"),
        "folder": str(folder),
        "is_complete": result.is_complete,
        "rows": rows(result),
        "exponents": [],
    }
    if result.results:
        verdicts = judge(result)
        document["exponents"] = [exponent_row(result, verdict) for verdict in verdicts]
        _store(folder, result, verdicts, document)
    write_study(study, folder, is_complete=result.is_complete)
    return result, folder, document


def _discard(folder: Path) -> None:
    """Remove the folder of a study that was refused before it had a result."""
    (folder / "study.json").unlink(missing_ok=True)
    folder.rmdir()


def _store(
    folder: Path, result: StudyResult, verdicts: list[SweepVerdict], document: dict[str, Any]
) -> None:
    records = document["rows"]
    # Wall times apart, so that the table of a repeated study is the same file.
    columns = [name for name in records[0] if name != "wall_seconds"]
    write_table(folder / "table.csv", records, columns)
    axes = ["landscape", "learning_rate", "batch_size", "loss_ratio", "wall_seconds"]
    write_table(folder / "timings.csv", records, axes)
    write_table(folder / "exponents.csv", document["exponents"], list(document["exponents"][0]))
    dataset = to_dataset(result, verdicts)
    write_dataset(folder / "results.nc", dataset)
    save_figure(plot_rates(dataset), folder, "rates")
    for number, family in enumerate(result.study.landscapes):
        mine = {i: case for i, case in result.results.items() if i.landscape == number}
        if mine:
            _draw_family(folder, f"{number + 1}-{family.landscape}", result.study, mine)


def _draw_family(folder: Path, name: str, study: Study, mine: dict[CaseIndex, CaseResult]) -> None:
    curves = []
    for index, case in mine.items():
        if index.setting == 0 and case.sample and case.simulated and case.simulated.n_events:
            curve = survival_curve(case.sample, study.confidence_level)
            label = f"$L^s/L^*$ = {study.loss_ratios[index.loss_ratio]:g}"
            curves.append(
                LabelledCurve(
                    label, curve.times, curve.survival, curve.low, curve.high, case.simulated.rate
                )
            )
    if curves:
        setting = study.settings[0]
        title = f"{name[2:]}, B/η = {setting.batch_size / setting.learning_rate:g}"
        save_figure(plot_survival(curves, title=title), folder, f"survival-{name}")
    index = max(mine, key=lambda i: study.loss_ratios[i.loss_ratio])
    figure = plot_escape(mine[index].problem, study.landscapes[index.landscape].landscape)
    save_figure(figure, folder, f"landscape-{name}")
