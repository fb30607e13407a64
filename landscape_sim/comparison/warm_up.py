"""Compile what simulations run before anybody waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from landscape_sim.comparison.case_key import case_key
from landscape_sim.comparison.cases import Progress
from landscape_sim.comparison.escapes.case import cases
from landscape_sim.comparison.escapes.compile_ahead import compile_kernels
from landscape_sim.comparison.escapes.study import Study
from landscape_sim.dynamics.noise_registry import noise_family
from landscape_sim.escape.escape import Escape
from landscape_sim.escape.methods.fixed_step import time_step_at
from landscape_sim.escape.methods.simulate import simulated_rate_at_step
from landscape_sim.escape.methods.splitting import splitting_rate_at_step
from landscape_sim.jit import (
    file_prefix,
    keep_list,
    listed_files,
    machine_code_files,
    machine_code_folder,
    used_files,
)
from landscape_sim.kernels.first_passage import run_blocks
from landscape_sim.landscapes import CatalogueEntry, catalogue
from landscape_sim.validation import InputError

#: ``T`` at which nothing of the catalogue takes long. No machine code depends on it, but where
#: paths stay long in a well beside the way.
TEMPERATURE = 0.2
_RELAXATION_TIME_STEP, _SPLITTING_ERROR = 0.05, 0.9
_Task = tuple[str, Callable[[], None]]


@dataclass(frozen=True)
class MachineCode:
    """What is on the disk.

    Attributes
    ----------
    folder : Path
        Where.
    n_kernels : int
        Files of machine code that were asked for, all there.
    n_compiled : int
        Of these, compiled just now.
    n_files, n_bytes : int
        All that the folder holds.
    refusals : tuple of str
        What has no kernels, and why.
    """

    folder: Path
    n_kernels: int
    n_compiled: int
    n_files: int
    n_bytes: int
    refusals: tuple[str, ...] = ()


def warm_up(
    escape: Escape | None = None, *, noise: str = "isotropic", progress: Progress | None = None
) -> MachineCode:
    """Compile what ``simulate`` and ``split`` run for an escape, or what is usually asked for.

    Parameters
    ----------
    escape : Escape, optional
        Any. Without one it is the built-in study, and an escape from every landscape of the
        catalogue.
    noise : str
        By name, of the escapes from the catalogue.
    progress : callable, optional
        Told how many of these are done, how many there are, and the name of the next one.

    Raises
    ------
    InputError
        If there is no such noise, or no place where machine code can be kept.
    """
    _folder()  # refuses at once
    if escape is not None:
        return _compiled([*_tasks_of("this escape", lambda: escape)], progress)
    name = f"usual-{case_key(_asked(noise), __name__)}"
    there = listed_files(name)
    if there is not None:
        return _found(there, 0)
    found = _compiled([*_tasks_of_study(), *_tasks_of_catalogue(noise)], progress)
    keep_list(name, used_files())
    return found


def _asked(noise: str) -> dict[str, Any]:
    # The prefix tells processors and settings of the compiler apart.
    return {"noise": noise_family(noise).name, "compiler": file_prefix(run_blocks)}


def _compiled(tasks: list[_Task], progress: Progress | None) -> MachineCode:
    """Do the tasks, and return what is there then."""
    before, refusals = machine_code_files(), []
    for number, (name, task) in enumerate(tasks):
        if progress is not None:
            progress(number, len(tasks), name)
        try:
            task()
        except InputError as refusal:
            refusals.append(f"{name}: {refusal}")
    needed = used_files()
    return _found(needed, len(needed - before), tuple(refusals))


def _found(needed: set[Path], n_compiled: int, refusals: tuple[str, ...] = ()) -> MachineCode:
    folder, files = _folder(), machine_code_files()
    if not needed:
        raise InputError(f"cannot write machine code into {folder}; make room there")
    n_bytes = sum(path.stat().st_size for path in files)
    return MachineCode(folder, len(needed), n_compiled, len(files), n_bytes, refusals)


def _folder() -> Path:
    folder = machine_code_folder()
    if folder is None:
        raise InputError(
            "there is no folder where machine code can be kept; set NUMBA_CACHE_DIR to one that "
            "is yours and that nobody else may write to"
        )
    return folder


def _tasks_of_study() -> Iterator[_Task]:
    """Yield what the built-in study runs: its cases of one loss ratio have kernels of all kinds."""
    study = Study.default()
    for case in cases(study.model_copy(update={"loss_ratios": study.ratios[:1]})):
        yield case.name, partial(compile_kernels, case)


def _tasks_of_catalogue(noise: str) -> Iterator[_Task]:
    for entry in catalogue():
        if entry.target is not None:
            yield from _tasks_of(entry.name, partial(_escape_from, entry, noise))


def _escape_from(entry: CatalogueEntry, noise: str) -> Escape:
    return Escape(
        entry.landscape,
        entry.start,
        entry.target,
        temperature=TEMPERATURE,
        noise=noise,
        target_radius=entry.target_radius,
    )


def _tasks_of(name: str, escape: Callable[[], Escape]) -> Iterator[_Task]:
    yield f"{name}, simulate", lambda: _simulate(escape())
    yield f"{name}, splitting", lambda: _split(escape())


def _simulate(escape: Escape) -> None:
    """Make one step."""
    simulated_rate_at_step(
        escape,
        relaxation_time_step=_RELAXATION_TIME_STEP,
        n_paths=1,
        max_time=time_step_at(escape, _RELAXATION_TIME_STEP),
    )


def _split(escape: Escape) -> None:
    splitting_rate_at_step(
        escape, relaxation_time_step=_RELAXATION_TIME_STEP, relative_error=_SPLITTING_ERROR
    )
