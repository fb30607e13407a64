"""What the commands share: records of options, and one bar after the other."""

from __future__ import annotations

import html
import re
import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer
import xarray as xr
from typer.testing import CliRunner

from landscape_sim.validation import InputError
from nn_bridge.cli import running
from nn_bridge.cli.commands import app
from nn_bridge.cli.options import read_epochs, read_window, with_shared_options
from nn_bridge.results.command_line import answering, command_line, repeatable
from nn_bridge.results.progress import Part


@dataclass(frozen=True)
class Shared:
    width: Annotated[int | None, typer.Option(help="How wide.")] = None
    is_deep: Annotated[bool, typer.Option("--deep")] = False


def test_a_command_takes_the_fields_of_a_record_as_options():
    seen = []

    def command(shared: Shared, name: Annotated[str, typer.Argument()]) -> None:
        """Do it."""
        seen.append((shared, name))

    app = typer.Typer()
    app.command()(with_shared_options(command))
    assert CliRunner().invoke(app, ["a", "--width", "3", "--deep"]).exit_code == 0
    assert CliRunner().invoke(app, ["b"]).exit_code == 0
    assert seen == [(Shared(3, True), "a"), (Shared(), "b")]
    assert CliRunner().invoke(app, ["c", "--width", "x"]).exit_code == 2


class Result:
    def document(self, folder):
        return {"folder": str(folder), "is_complete": True, "tables": {}, "sentences": []}


def test_each_part_has_a_bar_of_its_own(monkeypatch):
    seen = []

    class Bar:
        def move_to(self, done):
            seen.append(done)

        def note(self, text):
            seen.append(text)

    @contextmanager
    def live_bar(*of):
        seen.append(of)
        yield Bar()
        seen.append("closed")

    monkeypatch.setattr(running, "live_bar", live_bar)
    monkeypatch.setattr("sys.argv", ["nn-bridge", "noise"])

    def measure(out, progress):
        Part(progress, "first", 2, "steps").advance()
        Part(progress, "second", None, "looks").note("found")
        return Result()

    running.run_and_print(measure, "noise", Path("out"), as_json=True)
    assert seen == [
        *(("first", 2, "steps"), 0, "", 1, "", "closed"),
        *(("second", None, "looks"), 0, "", 0, "found", "closed"),
    ]


def command_in_report(folder):
    (line,) = re.findall(
        r"nn-bridge (?:train|curvature) [^<]*", Path(folder, "report.html").read_text()
    )
    return shlex.split(html.unescape(line))[1:]


def test_switches_of_all_commands_take_no_value_in_a_report(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a").touch()
    commands = typer.main.get_command(app).commands.values()
    switches = {
        name
        for command in commands
        for p in command.params
        if getattr(p, "is_flag", False)
        for name in p.opts
    }
    assert switches >= {"--json", "--quick"}
    for switch in switches:
        assert repeatable(["curvature", switch, "a"])[-1] == str(tmp_path / "a"), switch


def test_a_report_names_the_command_that_repeats_it(run, tmp_path, monkeypatch):
    begun = (
        "train", "mnist-parity", "--allow-unofficial", "--samples=60", "--batch-size", "10",
        "--epochs", "1", "--out", "a", "--json",
    )  # fmt: skip
    assert run(*begun).returncode == 0
    assert run("train", "--resume", "a", "--epochs", "2").returncode == 0
    checkpoint = "a/checkpoints/epoch-00002.safetensors"
    assert run("curvature", checkpoint, "--eigenvalues", "2", "--out=c").returncode == 0
    monkeypatch.chdir(tmp_path / "c")
    for number, name in enumerate(("a", "c")):
        again = command_in_report(tmp_path / name)
        assert not {"--out", "--json", "--resume"} & {*again}
        assert run(*again, "--out", f"again-{number}").returncode == 0
        there, here = (Path(of) / "results.nc" for of in (tmp_path / name, f"again-{number}"))
        xr.testing.assert_identical(*(xr.load_dataset(path) for path in (there, here)))


def test_epochs_and_windows_are_read_or_refused():
    assert read_epochs("--checkpoints", "50, 0,50") == (0, 50)
    assert read_epochs("--checkpoints", None) is None
    assert read_window("0:0.5") == (0.0, 0.5)
    assert read_window(None) is None
    with pytest.raises(InputError, match="--checkpoints must be epochs"):
        read_epochs("--checkpoints", "-1,3")
    for text in ("1:1", "-1:2", "0:1,1:2", "nan:1"):
        with pytest.raises(InputError, match="--window must be low:high with 0 <= low < high"):
            read_window(text)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("train --seed 3 mnist-parity", "train --seed 3 mnist-parity"),
        ("curvature --by-layer ck", "curvature --by-layer HERE/ck"),
        ("curvature --seed=3 ck", "curvature --seed=3 HERE/ck"),
        ("curvature --seed 3 --out ck ck", "curvature --seed 3 HERE/ck"),
        ("curvature -- ck", "curvature -- HERE/ck"),
        ("noise --checkpoint=ck --data-dir ck", "noise --checkpoint=HERE/ck --data-dir HERE/ck"),
    ],
)
def test_what_is_a_file_is_named_in_full_and_nothing_else(tmp_path, monkeypatch, asked, kept):
    monkeypatch.chdir(tmp_path)
    for name in ("mnist-parity", "ck", "3"):
        Path(name).touch()
    assert " ".join(repeatable(asked.split())) == kept.replace("HERE", str(tmp_path.resolve()))


@pytest.mark.parametrize(
    ("earlier", "asked", "repeats"),
    [
        (
            "train a --iterations 9 --seed 1",
            "train --resume b --epochs 2",
            "train a --seed 1 --epochs 2",
        ),
        ("train a --iterations=9", "train --resume=b --epochs=2", "train a --epochs=2"),
        ("train a --iterations 9", "train --resume b", "train a --iterations 9"),
        # From Python, or a part of several runs.
        ("", "train --resume b --epochs 2", ""),
    ],
)
def test_what_goes_on_is_repeated_from_its_beginning(earlier, asked, repeats):
    with answering(asked.split(), earlier.split()):
        assert " ".join(command_line()) == repeats
