"""The command ``landscape-sim warm-up``: compile before anybody waits for it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import typer

from landscape_sim.cli.options import EscapeOptions, with_escape_options
from landscape_sim.console.options import JsonOption

if TYPE_CHECKING:
    from landscape_sim.comparison.warm_up import MachineCode
    from landscape_sim.escape.escape import Escape


@with_escape_options
def warm_up(asked: EscapeOptions, as_json: JsonOption = False) -> None:
    """Compile what simulations run, so that the first answers come at once.

    Without options that is what compare runs for the built-in study, and rate with the methods
    simulate and splitting for every landscape of the catalogue under the noise of --noise. With
    the options of rate it is what rate runs for that escape; the strength of the noise may be
    left out. The machine code stays in the user's cache folder, or where NUMBA_CACHE_DIR says,
    until it was not used for a month; a second call finds it there.
    """
    from landscape_sim.comparison.warm_up import warm_up
    from landscape_sim.console.progress import live_bar

    with live_bar("compiling", None, "tasks") as bar:
        if asked == EscapeOptions(noise=asked.noise):
            found = warm_up(noise=asked.noise, progress=bar.report)
        else:
            found = warm_up(_escape(asked), progress=bar.report)
    if as_json:
        import json

        typer.echo(json.dumps(_document(found)))
        return
    for refusal in found.refusals:
        typer.echo(f"note: {refusal}")
    typer.echo(_sentence(found))


def _escape(asked: EscapeOptions) -> Escape:
    """Return the escape that was asked for, with noise of some strength."""
    from landscape_sim.comparison.warm_up import TEMPERATURE

    if (asked.learning_rate, asked.batch_size, asked.temperature) == (None, None, None):
        asked = replace(asked, temperature=TEMPERATURE)
    return asked.escape()


def _document(found: MachineCode) -> dict[str, Any]:
    return asdict(found) | {"folder": str(found.folder)}


def _sentence(found: MachineCode) -> str:
    return (
        f"{found.n_kernels} kernels are there, {found.n_compiled} of them compiled now; "
        f"{found.folder} has {found.n_files} in all, {found.n_bytes / 1e6:.1f} MB."
    )
