"""The process that workers are forked from: of this package's making, or not used."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import os
from multiprocessing import forkserver
from landscape_sim.workers.fork_server import imports_begun
{before}
environment = dict(os.environ)
print(imports_begun("json"), imports_begun("csv"), dict(os.environ) == environment)
"""


@pytest.mark.parametrize(
    ("before", "printed"),
    [("", "True True True"), ("forkserver.ensure_running()", "False False True")],
)
def test_a_server_of_others_is_not_used(before, printed):
    """Its libraries may have more threads than a worker's, and other last digits by that."""
    program = PROGRAM.format(before=before)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert (done.stdout.strip(), done.stderr) == (printed, "")
