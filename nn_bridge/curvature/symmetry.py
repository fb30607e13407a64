"""Whether an operator given by its products is what it must be: a function, and symmetric."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from landscape_sim.validation import InputError

#: Relative errors of a product that rounding explains, whatever cancels within it.
_ROUNDING = float(np.finfo(float).eps) ** 0.5


def require_symmetric(
    product: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
) -> bool:
    """Refuse an operator that fails on two random vectors; return whether it is not zero.

    Three products find random numbers in a network, and second derivatives that torch gets wrong:
    those are not symmetric.

    Parameters
    ----------
    product : callable
        ``v → H v``.
    first, second : ndarray, shape (P,)
        ``v`` and ``w``, independent and without a preferred direction.

    Raises
    ------
    InputError
        If a product is not finite, differs the second time, or ``vᵀHw`` and ``wᵀHv`` differ.

    Examples
    --------
    >>> require_symmetric(lambda v: 2 * v, np.array([1.0, 2.0]), np.array([3.0, 1.0]))
    True
    """
    of_first, again, of_second = product(first), product(first), product(second)
    if not np.isfinite([of_first, of_second]).all():
        raise InputError(
            "a product with the second derivative is not finite; look at the weights, and for "
            "functions like sqrt at zero"
        )
    if np.linalg.norm(of_first - again) > _ROUNDING * np.linalg.norm(of_first):
        raise InputError(
            "the same product with the second derivative differs the second time: the network "
            "draws random numbers or changes itself; switch that off"
        )
    one, other = float(first @ of_second), float(second @ of_first)
    allowed = _ROUNDING * max(
        np.linalg.norm(first) * np.linalg.norm(of_second),
        np.linalg.norm(second) * np.linalg.norm(of_first),
    )
    if abs(one - other) > allowed:
        raise InputError(
            f"the second derivative is not symmetric, vᵀHw = {one:.6g} and wᵀHv = {other:.6g}: "
            "torch has it wrong for one of the layers, as for weight_norm; take that layer out, "
            "e.g. by remove_parametrizations"
        )
    return bool(of_first.any() or of_second.any())
