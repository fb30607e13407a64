"""Run a measurement under a live bar, leave its folder, print it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from landscape_sim.console.document import print_result
from landscape_sim.console.progress import Bar, live_bar
from landscape_sim.result_files import default_folder, interruptions_naming
from landscape_sim.validation import InputError
from nn_bridge.cli.options import OutputOptions, PlaceOptions

if TYPE_CHECKING:
    from nn_bridge.results.measurement import Measurement
    from nn_bridge.results.progress import Progress, Step


def run_and_print(
    measure: Callable[[Path, Progress], Measurement], command: str, out: Path | None, as_json: bool
) -> None:
    """Let ``measure`` fill ``out``, by default ``results/nn-<command>-<time>``, and print it."""
    from nn_bridge.results.command_line import answering
    from nn_bridge.results.provenance import command_line_in

    folder = default_folder(f"nn-{command}") if out is None else out
    with _shown_progress() as progress, answering(sys.argv[1:], command_line_in(folder)):
        found = measure(folder, progress)
    print_result(found.document(folder), as_json)


def resume_and_print(
    resume: Callable[..., Measurement],
    command: str,
    folder: Path,
    place: PlaceOptions,
    output: OutputOptions,
) -> None:
    """Let ``resume`` go on with the measurement in ``folder``, and print it."""

    def measure(out: Path, progress: Progress) -> Measurement:
        return resume(out, place=place.place(), progress=progress)

    # Also before the first step: earlier ones are there.
    with interruptions_naming(folder):
        run_and_print(measure, command, folder, output.as_json)


def require_alone(*others: object, but: str = "") -> None:
    """Refuse what is given beside ``--resume``.

    Raises
    ------
    InputError
        If any is not None.
    """
    if any(given is not None for given in others):
        raise InputError(
            f"--resume takes the settings of its folder; leave out all others but {but}"
            "--data-dir, --device and --json"
        )


@contextmanager
def _shown_progress() -> Iterator[Progress]:
    """Show one bar after the other, one for each part."""
    with ExitStack() as bars:
        shown: list[tuple[str, Bar]] = []

        def show(step: Step) -> None:
            if not shown or shown[-1][0] != step.part:
                bars.close()
                bar = bars.enter_context(live_bar(step.part, step.total, step.unit))
                shown.append((step.part, bar))
            bar = shown[-1][1]
            bar.move_to(step.done)
            bar.note(step.note)

        yield show
