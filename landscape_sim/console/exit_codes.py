"""What a command's exit code says."""

from __future__ import annotations

#: The input cannot be used as given; one line on stderr says why.
BAD_INPUT = 2
#: Stopped by Ctrl-C; what was finished is kept.
INTERRUPTED = 130
