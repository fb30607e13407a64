"""Run a command line in this process, and say what is wrong with how it ended."""

from __future__ import annotations

import contextlib
import faulthandler
import io
import json
import math
import re
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from live_progress import beside_progress

from fuzz.command_lines import STUDY, CommandLine
from landscape_sim import cli as landscape_sim_cli

#: Longer than any command of these tests works, and longer than any waits.
_SECONDS, _LAST_SECONDS = 60, 900
_NO_NUMBER = re.compile(r"(?<![\w.])[-+]?(nan|inf)(?!\w)", re.IGNORECASE)


class Ended(NamedTuple):
    """How a command ended, what it said beside its progress, and left beside its study file."""

    code: int
    stdout: str
    stderr: str
    left: set[str]


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Raise after 60 seconds of work; where no signal is heard, end this process with a traceback.

    Work is the time of the processor: other processes of the machine do not count.
    """

    def give_up(*_: object) -> None:
        raise TimeoutError(f"not finished after {_SECONDS} s")

    before = signal.signal(signal.SIGPROF, give_up)
    signal.setitimer(signal.ITIMER_PROF, _SECONDS)
    faulthandler.dump_traceback_later(_LAST_SECONDS, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def run_here(line: CommandLine) -> Ended:
    """Run in a new folder; an error that ``main`` lets through is raised."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    before = sys.argv
    main = landscape_sim_cli.main
    if line.program == "nn-bridge":
        from nn_bridge.cli import main
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), watched():
        if line.study is not None:
            Path(STUDY).write_text(line.study, encoding="utf-8", errors="surrogatepass")
        sys.argv = [line.program, *line.arguments]
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main()
        finally:
            sys.argv = before
        left = {str(path.relative_to(folder)) for path in Path(folder).rglob("*")} - {STUDY}
    said, complained = (stream.buffer.getvalue().decode() for stream in (out, err))
    return Ended(code, said, beside_progress(complained), left)


def complaints(ended: Ended) -> Iterator[str]:
    """Say what breaks a promise."""
    if any(name.endswith(".part") for name in ended.left):
        yield "a .part file is left"
    if ended.code == 0:
        yield from _complaints_of_an_answer(ended)
    elif ended.code == 2:
        yield from _complaints_of_a_refusal(ended)
    else:
        yield f"exit code {ended.code}"


def _complaints_of_an_answer(ended: Ended) -> Iterator[str]:
    if ended.stderr:
        yield "an answer with words on stderr"
    # A folder may be called inf.
    said = [line for line in ended.stdout.splitlines() if not line.startswith("Results: ")]
    if _NO_NUMBER.search("\n".join(said)):
        yield "an answer that is no number"
    if ended.stdout.startswith("{"):
        record = json.loads(ended.stdout)
        if "log_rate" in record:
            yield from _complaints_of_a_rate(record)


def _complaints_of_a_refusal(ended: Ended) -> Iterator[str]:
    lines = ended.stderr.splitlines()
    if len(lines) != 1 or not lines[0].startswith(("landscape-sim: ", "nn-bridge: ")):
        yield "not one line on stderr"
    if len(ended.stderr) > 1700 or not all(map(str.isprintable, lines)):
        yield "a line that cannot be read"
    if "out of memory" in ended.stderr:
        yield "memory that could have been asked for before"
    is_kept = "what was finished is in" in ended.stderr
    if (ended.left or ended.stdout) and not is_kept:
        yield "something is left behind"


def _complaints_of_a_rate(record: dict[str, Any]) -> Iterator[str]:
    """Say what is wrong with the document of ``rate``."""
    rate, log_rate = record["rate"], record["log_rate"]
    if log_rate is None or rate is None:
        yield "no rate"
    elif rate == 0.0 and not log_rate < math.log(sys.float_info.min):
        yield "a rate of zero that none is"
    low, high = record["low"], record["high"]
    if None not in (low, high) and not low <= rate <= high:
        yield "a rate outside its interval"
