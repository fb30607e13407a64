"""The command ``landscape-sim compare``: formula, exact solution and simulation side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landscape_sim.console.options import (
    ClusterConfigOption,
    ClusterOption,
    JsonOption,
    OpenOption,
    OutOption,
    ResumeOption,
    SchedulerOption,
    StudyOption,
    ThreadsOption,
    WorkersOption,
)
from landscape_sim.validation import InputError

if TYPE_CHECKING:
    from landscape_sim.cli.running import Place
    from landscape_sim.comparison.case_store import CaseStore
    from landscape_sim.comparison.escapes.result import StudyResult
    from landscape_sim.comparison.escapes.study import Study
    from landscape_sim.console.progress import Bar
    from landscape_sim.workers.workers import Workers

#: Room for every column on one line, also where the output is a file.
_WIDTH = 146
#: Of a table in print; the files have all of them.
_MOST_ROWS = 200


# Wide: one argument an option
# Long: and some of them two lines
def compare(
    study: StudyOption = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Replace the study's seed (built-in study: 0).")
    ] = None,
    out: OutOption = None,
    resume: ResumeOption = None,
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the paths.")] = False,
    n_threads: ThreadsOption = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print the cases and what they will cost; run nothing."),
    ] = False,
    n_workers: WorkersOption = None,
    scheduler: SchedulerOption = None,
    cluster: ClusterOption = None,
    cluster_config: ClusterConfigOption = None,
    as_json: JsonOption = False,
    opens: OpenOption = False,
) -> None:
    """Compare formula, exact solution and simulation of escape rates.

    Each case is an escape from a minimum to the minimum beyond its saddle; its rate is one over
    the mean first-passage time, per unit of t = learning rate x steps, in more than one
    dimension to a ball around that minimum. Table, figures, report.html, NetCDF and study.json
    land in a new folder. With --resume, a study that was stopped goes on, to the same tables;
    with --study besides, it becomes that study and keeps every answer that serves it. Cases may
    be shared by worker processes, here or elsewhere; no number depends on them.
    """
    from functools import partial

    from landscape_sim.cli.dry_run import print_plan
    from landscape_sim.cli.running import Place, run_and_store, show_report
    from landscape_sim.comparison.escapes import worker_start
    from landscape_sim.console.document import print_result
    from landscape_sim.workers.workers import chosen_workers

    place = Place(out, resume)
    chosen, changed = _chosen(place, study, seed, quick)
    if dry_run:
        place.require_none("--dry-run")
        print_plan(chosen, n_threads, as_json)
        return
    workers = chosen_workers(n_workers, scheduler, cluster, cluster_config)
    if workers is not None:
        workers.begin_imports(worker_start.__name__)
    run = partial(_run, n_threads=n_threads, workers=workers)
    unit = "paths" if workers is None else "cases"
    result, folder, document = run_and_store(run, chosen, place, unit)
    document |= {
        "changed_keys": changed,
        "rows": result.rows(),
        "exponents": result.exponent_rows(),
    }
    print_result(document, as_json, lambda said: _print_report(result, said, resume is not None))
    if opens:
        show_report(folder)


def _chosen(
    place: Place, path: Path | None, seed: int | None, quick: bool
) -> tuple[Study, list[str]]:
    """Return the study that is to be run, with the streams of the folder that it goes on in.

    Beside it stand the keys in which it is another than the one that is there.
    """
    from landscape_sim.comparison.escapes.extension import differing_keys, extended
    from landscape_sim.comparison.escapes.study import Study

    chosen = place.study(Study, path, Study.default).changed({"seed": seed})
    chosen = chosen.quick() if quick else chosen
    if place.resume is None:
        return chosen, []
    if seed is not None or quick:
        raise InputError("--seed and --quick make another study; leave them or --resume out")
    earlier = Study.of_folder(place.resume)
    changed = [key for key in differing_keys(chosen, earlier) if key != "streams"]
    return extended(chosen, earlier), changed


def _run(
    study: Study, bar: Bar, store: CaseStore, n_threads: int | None, workers: Workers | None
) -> StudyResult:
    """Plan the study, say what is left of it where that is much, and run it as it is planned."""
    from landscape_sim.comparison.escapes.notice import simulation_notice
    from landscape_sim.comparison.escapes.plan import plan_study
    from landscape_sim.comparison.escapes.run import run_study

    plan = plan_study(study, bar.prepare, n_threads if workers is None else n_threads or 1)
    bar.say(simulation_notice(plan.left(store), workers))
    return run_study(plan, bar.report, store, n_threads, workers)


def _print_report(result: StudyResult, said: dict[str, Any], is_resumed: bool) -> None:
    """Print the table of cases, the table of exponents, the verdict and the folder."""
    from dataclasses import replace

    from landscape_sim.cli.running import reused
    from landscape_sim.comparison.escapes.sentences import verdict_sentence
    from landscape_sim.console.tables import print_tables

    print_tables(
        [replace(table, rows=table.rows[:_MOST_ROWS]) for table in result.tables()],
        [
            *_left_out(len(result.case_rows), "table.csv"),
            verdict_sentence(result.cases, result.verdicts()),
            *result.notes(),
            *_changes(said["changed_keys"]),
            *(reused(said) if is_resumed else []),
        ],
        said["folder"],
        width=_WIDTH,
        padding=0,
    )


def _changes(keys: list[str]) -> list[str]:
    """Return in what the study of a folder has become another, if it has."""
    return [f"The study of the folder is another than before: {', '.join(keys)}."] if keys else []


def _left_out(n_rows: int, file: str) -> list[str]:
    """Return how many rows are not printed, if any."""
    left = n_rows - _MOST_ROWS
    return [f"{left} more rows in {file}."] if left > 0 else []
