"""What the process does first that workers are forked from: it ends with whom it was started by.

By itself it would notice once everything is imported.
"""

from __future__ import annotations

import ctypes
import os
import signal

from landscape_sim.workers.fork_server import PARENT

_PR_SET_PDEATHSIG = 1

_parent = os.environ.pop(PARENT, None)
if _parent is not None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(_parent):  # it has ended already
        os._exit(1)
