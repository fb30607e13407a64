"""The commands of ``nn-bridge``, and what they expect to go wrong."""

from __future__ import annotations

import sys

from landscape_sim.console.application import new_application
from nn_bridge.cli.measuring import crosscheck, curvature, decoupling, escape, stability
from nn_bridge.cli.options import with_shared_options
from nn_bridge.cli.paper import paper
from nn_bridge.cli.training import noise, train

_SUMMARY = """Test the power-law escape rate of SGD on real networks.

Train a network of the paper, then measure from its checkpoints. Data are read from
--data-dir or the directory in NN_BRIDGE_DATA and downloaded where they are absent.
"""

app = new_application(_SUMMARY)
for _command in (train, curvature, decoupling, noise, escape, stability, crosscheck, paper):
    app.command()(with_shared_options(_command))


def explain(error: Exception) -> str | None:
    """Return the line for want of memory, or for a library that is not installed."""
    if _is_out_of_memory(error):
        reason = str(error).splitlines()[0] if str(error) else "no more is free"
        return f"out of memory ({reason}); lower --samples, the width or the batch size"
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing in ("torch", "safetensors", "pooch"):
        return f"{missing} is missing; pip install '.[nn]'"
    return None


def _is_out_of_memory(error: Exception) -> bool:
    """Return whether memory could not be had; of torch on a CPU only the message says so."""
    if isinstance(error, MemoryError):
        return True
    torch = sys.modules.get("torch")
    on_gpu = torch is not None and isinstance(error, torch.OutOfMemoryError)
    return on_gpu or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
