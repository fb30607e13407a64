"""The process that compiles ahead; see :mod:`landscape_sim.comparison.escapes.compile_ahead`."""

from __future__ import annotations

from landscape_sim.comparison.escapes.compile_order import read_order


def compile_kinds(order: str) -> None:
    """Compile the kernels of every case that the study's own process leaves to this one."""
    import json

    from landscape_sim.comparison.escapes.case import cases
    from landscape_sim.comparison.escapes.compile_ahead import compile_kernels
    from landscape_sim.comparison.escapes.study import Study

    for alone in json.loads(order):
        (case,) = cases(Study.model_validate_json(alone))
        compile_kernels(case)


if __name__ == "__main__":
    compile_kinds(read_order())
