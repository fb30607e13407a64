"""The process that compiles ahead; see :mod:`landscape_sim.comparison.escapes.compile_ahead`."""

from __future__ import annotations

from dataclasses import replace

from landscape_sim.comparison.escapes.answers import run_case
from landscape_sim.comparison.escapes.case import cases
from landscape_sim.comparison.escapes.compile_ahead import later_half
from landscape_sim.comparison.escapes.compile_process import read_order
from landscape_sim.comparison.escapes.study import Study


def compile_later_half(study: Study) -> None:
    """Run one path of every kind of case that the study's own process leaves to this one."""
    effort = {"methods": ("formula",), "n_paths": 1, "splitting_error": 0.9}
    for case in later_half(cases(study)).values():
        run_case(replace(case, study=study.model_copy(update=effort)))


if __name__ == "__main__":
    compile_later_half(Study.model_validate_json(read_order()))
