"""The commands of ``nn-bridge``, and what they expect to go wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable

from landscape_sim.console.application import new_application
from landscape_sim.console.help_ending import ending
from nn_bridge.cli.measuring import crosscheck, decoupling, escape
from nn_bridge.cli.options import with_shared_options
from nn_bridge.cli.paper import paper
from nn_bridge.cli.spectra import curvature, stability
from nn_bridge.cli.training import noise, train

_SUMMARY = """Test the power-law escape rate of SGD on real networks.

Train a network of the paper, then measure from its checkpoints. Data are read from
--data-dir or the directory in NN_BRIDGE_DATA and downloaded where they are absent.
"""

_TRAIN = (
    "nn-bridge train mnist-parity --samples 500 --network mlp --hidden 10 \\",
    "    --epochs 50 --out results/run",
)
_CHECKPOINT = "results/run/checkpoints/epoch-00050.safetensors"
_ESCAPE = (
    f"nn-bridge escape {_CHECKPOINT} \\",
    "    --learning-rate 0.02 --batch-size 1 --replicas 4 --max-steps 200 \\",
    "    --thresholds 1.05,1.1 --out results/escape",
)
_EXAMPLES: dict[Callable[..., None], tuple[str, ...]] = {
    train: _TRAIN,
    noise: ("nn-bridge noise mnist-parity --samples 500 --network mlp --hidden 10 --epochs 5",),
    decoupling: (*_TRAIN, f"nn-bridge decoupling {_CHECKPOINT}"),
    curvature: (*_TRAIN, f"nn-bridge curvature {_CHECKPOINT} --eigenvalues 5"),
    escape: (*_TRAIN, *_ESCAPE),
    stability: (*_TRAIN, f"nn-bridge stability {_CHECKPOINT} --levels 5"),
    crosscheck: (*_TRAIN, *_ESCAPE, "nn-bridge crosscheck results/escape"),
    paper: ("nn-bridge paper",),
}

app = new_application(_SUMMARY, *_TRAIN)
for _command, _example in _EXAMPLES.items():
    app.command(epilog=ending(*_example))(with_shared_options(_command))


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
