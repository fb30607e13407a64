"""Dask is imported when it is asked for, and nothing else changes by that."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

PROGRAM = """
import signal
from landscape_sim.workers.libraries import dask_jobqueue
{line}
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


@pytest.mark.skipif(not find_spec("dask_jobqueue"), reason="needs landscape-sim[scale]")
@pytest.mark.parametrize(
    ("line", "is_kept"), [("dask_jobqueue()", "True"), ("import dask_jobqueue", "False")]
)
def test_ctrl_c_stays_what_it_was(line, is_kept):
    # Negative control: importing the library alone takes the signal over.
    program = PROGRAM.format(line=line)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == is_kept, done.stderr
