"""What ``compare --dry-run`` prints: the cases of a study, and what they will cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from landscape_sim.comparison.escapes.plan import StudyPlan
    from landscape_sim.comparison.escapes.study import Study

_WIDTH = 120
_MOST_ROWS = 200


def print_plan(study: Study, n_threads: int | None, as_json: bool) -> None:
    """Measure how fast this machine is, and print the plan; no file is written."""
    from landscape_sim.comparison.escapes.plan import plan_study
    from landscape_sim.console.progress import live_bar

    with live_bar("planning", None, "measurements") as bar:
        plan = plan_study(study, bar.report, n_threads)
        rows, seconds = plan.rows(), plan.seconds  # measured here, under the bar
    if not as_json:
        _print(plan, rows)
        return
    document = {
        "study": study.model_dump(mode="json"),
        "path_steps": plan.path_steps,
        "seconds": seconds,
        "rows": rows,
        "refused": [{"case": one.name, "refusal": one.refusal} for one in plan.refused],
    }
    typer.echo(json.dumps(document, allow_nan=False))


def _print(plan: StudyPlan, rows: list[dict[str, Any]]) -> None:
    from landscape_sim.columns import Table
    from landscape_sim.comparison.escapes.plan import PLAN_COLUMNS
    from landscape_sim.console.tables import print_tables

    left = len(rows) - _MOST_ROWS
    total = (
        f"{len(rows)} cases: {plan.path_steps:.2g} path-steps, some {plan.seconds:.2g} s on this "
        "machine, without figures. Nothing was run or written."
    )
    print_tables(
        [Table("What the study will cost", rows[:_MOST_ROWS], PLAN_COLUMNS)],
        [
            *([f"{left} more cases; --json has all."] if left > 0 else []),
            *([f"Of {plan.n_unknown} cases nothing tells the cost."] if plan.n_unknown else []),
            *(f"No escape: {one.name}: {one.refusal}" for one in plan.refused[:5]),
            *([f"Without escape: {len(plan.refused)} cases."] if len(plan.refused) > 5 else []),
            total,
        ],
        width=_WIDTH,
    )
