"""Wait for what a command shows on a terminal, instead of for some seconds."""

from __future__ import annotations

import os
import subprocess

#: Environment in which a command draws its bars into the pipe of its standard error.
SHOWN = {"FORCE_COLOR": "1", "COLUMNS": "200"}


def wait_for_progress(process: subprocess.Popen[str], text: str) -> None:
    """Return as soon as the bars have shown ``text``, however slow the machine is."""
    assert process.stderr is not None
    shown = b""
    while text.encode() not in shown:
        piece = os.read(process.stderr.fileno(), 1 << 16)
        assert piece, f"ended before it showed {text!r}: {shown.decode()}"
        shown += piece
