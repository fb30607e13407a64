"""What commands show while they work: waited for, instead of for some seconds, and set aside."""

from __future__ import annotations

import os
import re
import subprocess

#: Environment in which a command draws its bars into the pipe of its standard error.
SHOWN = {"FORCE_COLOR": "1", "COLUMNS": "200"}
_LINES = re.compile(r"^\[\d+:\d\d\] .*\n", re.MULTILINE)


def wait_for_progress(process: subprocess.Popen[str], text: str) -> None:
    """Return as soon as the bars have shown ``text``, however slow the machine is."""
    assert process.stderr is not None
    shown = b""
    while text.encode() not in shown:
        piece = os.read(process.stderr.fileno(), 1 << 16)
        assert piece, f"ended before it showed {text!r}: {shown.decode()}"
        shown += piece


def beside_progress(complained: str) -> str:
    """Return what stands on a stderr that is no terminal, but for the lines of a run that lasts.

    On a busy machine any may.
    """
    return _LINES.sub("", complained)
