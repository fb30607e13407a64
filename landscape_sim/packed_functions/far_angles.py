"""Sine, cosine and tangent of angles too large for the reduction, from the C library.

Whether there is such an angle is asked once a pack: what asks is a function with twins for
two, four and eight numbers, of which the compiler calls one where it packs a loop.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

#: The largest angle that needs no call.
NEAR = 1e7
_PACKS = (2, 4, 8)
_DOUBLE, _INDEX = ir.DoubleType(), ir.IntType(32)


def _correction(function: str) -> Any:
    """Return what replaces ``value`` by the function of ``size`` where that is beyond ``NEAR``."""

    @intrinsic
    def corrected(typing_context: Any, size: Any, value: Any) -> Any:
        def call(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.call(_with_twins(builder.module, function), arguments)

        return types.float64(types.float64, types.float64), call

    return corrected


far_sin, far_cos, far_tan = map(_correction, ("sin", "cos", "tan"))


def _with_twins(module: Any, function: str) -> Any:
    """Return the function of one number; its twins are named in an attribute."""
    name = f"landscape_sim_far_{function}"
    if name in module.globals:
        return module.globals[name]
    twins = [(n, f"{name}_{n}") for n in _PACKS]
    for n, twin in twins:
        _define(module, twin, function, ir.VectorType(_DOUBLE, n), n)
    one = _define(module, name, function, _DOUBLE, 1)
    named = ",".join(f"_ZGV_LLVM_N{n}vv_{name}({twin})" for n, twin in twins)
    # Past llvmlite's list of attributes, on which this one is missing.
    set.add(one.attributes, f'"vector-function-abi-variant"="{named}"')
    return one


def _define(module: Any, name: str, function: str, numbers: Any, n: int) -> Any:
    """Write the function of ``n`` numbers into a module."""
    pack = ir.Function(module, ir.FunctionType(numbers, [numbers, numbers]), name)
    # Kept until loops are packed, although nothing calls it before.
    pack.linkage = "weak_odr"
    for attribute in ("noinline", "nounwind", "readnone"):
        pack.attributes.add(attribute)
    builder = ir.IRBuilder(pack.append_basic_block())
    sizes, values = pack.args
    limit = ir.Constant(numbers, [NEAR] * n if n > 1 else NEAR)
    are_far = builder.fcmp_unordered(">", sizes, limit)
    if n > 1:
        mask = builder.bitcast(are_far, ir.IntType(n))
        is_any = builder.icmp_unsigned("!=", mask, ir.Constant(ir.IntType(n), 0))
    else:
        is_any = are_far
    with builder.if_then(is_any, likely=False):
        library = module.declare_intrinsic(f"llvm.{function}", [_DOUBLE])
        found = values
        for i in map(_INDEX, range(n)):
            if n > 1:
                one = builder.call(library, [builder.extract_element(sizes, i)])
                found = builder.insert_element(found, one, i)
            else:
                found = builder.call(library, [sizes])
        builder.ret(builder.select(are_far, found, values))
    builder.ret(values)
    return pack
