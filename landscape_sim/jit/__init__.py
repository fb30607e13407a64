"""How kernels are compiled, and how their machine code is kept between two processes."""

from landscape_sim.jit.dispatch import compiled, file_prefix, has_machine_code
from landscape_sim.jit.flags import JIT_FLAGS, PASTED, inlined, kernel_method
from landscape_sim.jit.store import (
    keep_list,
    listed_files,
    machine_code_files,
    machine_code_folder,
    used_files,
)

__all__ = [
    "JIT_FLAGS",
    "PASTED",
    "compiled",
    "file_prefix",
    "has_machine_code",
    "inlined",
    "keep_list",
    "kernel_method",
    "listed_files",
    "machine_code_files",
    "machine_code_folder",
    "used_files",
]
