"""The process that compiles ahead; see :mod:`landscape_sim.comparison.escapes.compile_ahead`."""

from __future__ import annotations

from dataclasses import replace

from landscape_sim.comparison.escapes.compile_order import read_order


def compile_kinds(order: str) -> None:
    """Run one path of every case that the study's own process leaves to this one."""
    import json

    from landscape_sim.comparison.escapes.answers import run_case
    from landscape_sim.comparison.escapes.case import cases
    from landscape_sim.comparison.escapes.study import Study

    effort = {"n_paths": 1, "splitting_error": 0.9}
    for alone in json.loads(order):
        (case,) = cases(Study.model_validate_json(alone))
        run_case(replace(case, study=case.study.model_copy(update=effort)))


if __name__ == "__main__":
    compile_kinds(read_order())
