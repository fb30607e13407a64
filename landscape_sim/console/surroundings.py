"""What the surroundings of a command ask for, and what they lack."""

from __future__ import annotations

import io
import os
import sys


def adapt_to_surroundings() -> None:
    """Let nothing that the surroundings say stop a command after its work is done."""
    # Figures are written and none is shown; a notebook's backend may not be installed here.
    os.environ["MPLBACKEND"] = "agg"
    # Not every terminal and log has the letters of a formula; stderr spells them out already.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
