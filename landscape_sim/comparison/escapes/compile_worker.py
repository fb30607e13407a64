"""The process that compiles ahead; see :mod:`landscape_sim.comparison.escapes.compile_ahead`."""

from __future__ import annotations

from dataclasses import replace

from landscape_sim.comparison.escapes.case import compare
from landscape_sim.comparison.escapes.compile_ahead import later_half
from landscape_sim.comparison.escapes.compile_process import read_order
from landscape_sim.comparison.escapes.run import prepared
from landscape_sim.comparison.escapes.study import Study


def compile_later_half(study: Study) -> None:
    """Run one path of every kind of escape that the study's own process leaves to this one."""
    for escape in later_half([escape for _, escape in prepared(study)]).values():
        case = replace(escape.case, methods=(), n_paths=1, splitting_error=0.9)
        compare(replace(escape, case=case))


if __name__ == "__main__":
    compile_later_half(Study.model_validate_json(read_order()))
