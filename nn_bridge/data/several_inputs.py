"""Several inputs of a sample as one tensor: joined so that every number of each comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from landscape_sim.validation import InputError


@dataclass(frozen=True)
class InputParts:
    """How the inputs of a sample lie beside one another in one row.

    Attributes
    ----------
    shapes : tuple of tuple of int
        Of each input, without the axis of the samples.
    dtypes : tuple of torch.dtype or None
        Of inputs that are integers, such as words of an embedding; None of those that have the
        precision of the row.
    """

    shapes: tuple[tuple[int, ...], ...]
    dtypes: tuple[torch.dtype | None, ...]

    def split(self, rows: torch.Tensor) -> list[torch.Tensor]:
        """Return the inputs of samples, shape ``(n, *shape)`` each; the converse of joining."""
        sizes = [torch.Size(shape).numel() for shape in self.shapes]
        parts = zip(torch.split(rows, sizes, dim=1), self.shapes, self.dtypes, strict=True)
        return [
            part.reshape(len(rows), *shape).to(part.dtype if dtype is None else dtype)
            for part, shape, dtype in parts
        ]

    def require_kept(self, before: torch.Tensor, after: torch.Tensor) -> None:
        """Refuse rows that were converted to a precision that does not hold their integers.

        Raises
        ------
        InputError
            With the first input of which a number has changed.
        """
        both = zip(self.split(before), self.split(after), self.dtypes, strict=True)
        for number, (one, other, dtype) in enumerate(both, start=1):
            if dtype is not None and not torch.equal(one, other.to(one.device)):
                raise InputError(_not_held(number, one, after.dtype))


def join_inputs(inputs: Sequence[torch.Tensor]) -> tuple[torch.Tensor, InputParts]:
    """Return the inputs of all samples as one tensor ``(N, …)``, and how to take it apart.

    It has the precision of the inputs that are real numbers. Where all are integers, so is it.

    Raises
    ------
    InputError
        If they are not of one ``N``, of more than one precision, or it does not hold an integer.

    Examples
    --------
    >>> rows, parts = join_inputs((torch.tensor([7, 9]), torch.tensor([[0.5, 1.0], [2.0, 3.0]])))
    >>> rows
    tensor([[7.0000, 0.5000, 1.0000],
            [9.0000, 2.0000, 3.0000]])
    >>> parts.split(rows)[0]
    tensor([7, 9])
    """
    shapes = [tuple(part.shape) for part in inputs]
    if not inputs or not all(shapes) or len({shape[0] for shape in shapes}) > 1:
        raise InputError(f"inputs (N, ...) must have one N, got {', '.join(map(str, shapes))}")
    real = {part.dtype for part in inputs if part.is_floating_point() or part.is_complex()}
    if len(real) > 1 or any(dtype.is_complex for dtype in real):
        raise InputError(
            f"inputs of a sample are in {', '.join(sorted(map(str, real)))}; convert them to one "
            "real precision"
        )
    dtype = real.pop() if real else torch.int64
    for number, part in enumerate(inputs, start=1):
        if not torch.equal(part.to(dtype).to(part.dtype), part) and part.dtype != dtype:
            raise InputError(_not_held(number, part, dtype))
    rows = [
        part.detach().to(dtype).reshape(len(part), torch.Size(part.shape[1:]).numel())
        for part in inputs
    ]
    parts = InputParts(
        tuple(shape[1:] for shape in shapes),
        tuple(None if part.is_floating_point() else part.dtype for part in inputs),
    )
    return torch.cat(rows, dim=1), parts


def _not_held(number: int, part: torch.Tensor, dtype: torch.dtype) -> str:
    return (
        f"input {number} of a sample has integers up to {int(part.abs().max())}, which {dtype} "
        "does not hold; number them from 0, or give the other inputs in double precision"
    )
