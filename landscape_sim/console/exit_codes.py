"""What a command's exit code says."""

from __future__ import annotations

#: The input cannot be used as given; one line on stderr says why.
BAD_INPUT = 2
#: Whoever read the output has gone: 128 and the number of SIGPIPE. That of an interruption is
#: in :mod:`landscape_sim.signals`.
NOBODY_READS = 141
