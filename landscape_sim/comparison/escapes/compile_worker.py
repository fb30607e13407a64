"""The process that compiles ahead; see :mod:`landscape_sim.comparison.escapes.compile_ahead`."""

from __future__ import annotations

from dataclasses import replace

from landscape_sim.comparison.escapes.compile_order import read_order


def compile_later_half(order: str) -> None:
    """Run one path of every kind of case that the study's own process leaves to this one."""
    from landscape_sim.comparison.escapes.answers import run_case
    from landscape_sim.comparison.escapes.case import planned_cases
    from landscape_sim.comparison.escapes.compile_ahead import later_half
    from landscape_sim.comparison.escapes.study import Study

    study = Study.model_validate_json(order)
    effort = {"methods": ("formula",), "n_paths": 1, "splitting_error": 0.9}
    sound, _ = planned_cases(study)
    for case in later_half(sound).values():
        run_case(replace(case, study=case.study.model_copy(update=effort)))


if __name__ == "__main__":
    compile_later_half(read_order())
