"""What the process imports and loads that workers are forked from: all that a first case needs."""

from __future__ import annotations

from landscape_sim.workers.fork_server import if_server


def _load() -> None:
    """Answer the first case of the built-in study; simulate it if its machine code is there."""
    from landscape_sim.comparison.case_key import code_digest
    from landscape_sim.comparison.escapes.case import cases
    from landscape_sim.comparison.escapes.case_order import CODE
    from landscape_sim.comparison.escapes.compile_ahead import compile_kernels
    from landscape_sim.comparison.escapes.study import Study
    from landscape_sim.jit import has_machine_code
    from landscape_sim.kernels.first_passage import run_blocks

    code_digest(CODE)
    study = Study.default()
    first = {name: getattr(study, name)[:1] for name in ("landscapes", "settings", "loss_ratios")}
    (case,) = cases(study.changed(first))
    if has_machine_code(run_blocks):
        compile_kernels(case)


if_server(_load)
