"""Any command line ends well: an answer, or one line that says why there is none.

No traceback, no warning of a library (pytest turns them into errors), no hang, nothing left behind.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from matplotlib.figure import Figure

from fuzz.command_lines import COMMAND_LINES, STUDY, CommandLine, networks
from fuzz.running import complaints, run_here

_WELL = ("--loss=0.25+(x**2-1)**2", "--variables=x", "--learning-rate=0.05", "--batch-size=1")
_PROFILE = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
}


def check(line: CommandLine) -> None:
    ended = run_here(line)
    assert list(complaints(ended)) == [], ended


def sketch(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure in little time: small, and without a layout."""
    path = folder / f"{name}.png"
    figure.set_layout_engine("none")
    figure.savefig(path, dpi=10)
    return [path]


@contextlib.contextmanager
def sketches() -> Iterator[None]:
    """Let figures be drawn in little time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("landscape_sim.plots.style.save_figure", sketch)
        patch.setattr("landscape_sim.escape.picture.save_figure", sketch)
        yield


@settings(max_examples=60, derandomize=True, **_PROFILE)
@given(COMMAND_LINES)
@example(
    CommandLine(("rate", *_WELL, "--max-path-steps=0", "--relative-error=0.5", "--method=simulate"))
)
@example(
    CommandLine(
        ("picture", "--landscape=mueller-brown", "--learning-rate=1e-4", "--batch-size=1",
         "--target-radius=0.25", "--paths=1")
    )
)  # fmt: skip
@example(CommandLine(("stationary", f"--study={STUDY}"), f'{{"n_paths": {10**400}}}'))
@example(CommandLine(("compare", f"--study={STUDY}"), '{"name": "a", "batch_sizes": null}'))
@example(CommandLine(("compare", f"--study={STUDY}"), '{"name": "a", "loss_ratios": null}'))
def test_any_command_ends_well(line):
    with sketches():
        check(line)


@settings(max_examples=60, derandomize=True, **_PROFILE)
@given(networks())
def test_what_networks_lack_is_said_at_once(line):
    ended = run_here(line)
    assert ended.code == 2 or "-h" in line.arguments, ended
    assert list(complaints(ended)) == [], ended


@pytest.mark.slow
@pytest.mark.parametrize("quarter", range(4))
@settings(max_examples=2_500, **_PROFILE)
@given(COMMAND_LINES)
def test_any_of_ten_thousand_commands_ends_well(quarter, line):
    # Figures take most of the time: a quarter of them is drawn in full.
    with sketches() if quarter else contextlib.nullcontext():
        check(line)
