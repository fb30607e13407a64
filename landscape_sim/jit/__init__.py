"""How kernels are compiled, and how their machine code is kept between two processes."""

from landscape_sim.jit.dispatch import compiled, has_machine_code
from landscape_sim.jit.flags import JIT_FLAGS, PASTED, inlined, kernel_method
from landscape_sim.jit.store import keeps_machine_code, machine_code_files

__all__ = [
    "JIT_FLAGS",
    "PASTED",
    "compiled",
    "has_machine_code",
    "inlined",
    "keeps_machine_code",
    "kernel_method",
    "machine_code_files",
]
