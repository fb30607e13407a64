"""Data of the user's own: tensors, or a data set of torch, as a data set with checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence, Sized
from typing import Any, TypeGuard, cast

import torch

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import Dataset
from nn_bridge.data.several_inputs import join_inputs

#: Of all samples: one tensor, or several where the network takes several.
Inputs = torch.Tensor | Sequence[torch.Tensor]
#: What a measurement takes for data.
AnyData = (
    Dataset
    | tuple[Inputs, torch.Tensor]
    | torch.utils.data.Dataset[object]
    | torch.utils.data.DataLoader[object]
)


def as_dataset(data: AnyData, name: str = "own data") -> Dataset:
    """Return ``data`` as a :class:`~nn_bridge.data.datasets.Dataset`.

    Parameters
    ----------
    data : Dataset, pair of tensors, torch.utils.data.Dataset or torch.utils.data.DataLoader
        Inputs ``(N, ...)`` and targets ``(N, n_outputs)`` or ``(N,)``, or a data set of torch
        whose samples are pairs of the two, which is then held in memory; of a loader, all samples
        of its data set, as measurements draw batches of their own. Targets ``(N,)`` of integers
        are classes and become one-hot; others become one column. A tuple of tensors in place of
        the inputs, also in a sample, are those of a network whose ``forward`` takes several, in
        its order.
    name : str
        For results; a data set that has a name keeps it.

    Raises
    ------
    InputError
        If it is none of these, or inputs and targets do not fit one another.

    Examples
    --------
    >>> inputs, classes = torch.zeros(3, 2), torch.tensor([0, 2, 1])
    >>> as_dataset((inputs, classes)).targets[1]
    tensor([0., 0., 1.])
    """
    if isinstance(data, Dataset):
        return data
    if isinstance(data, torch.utils.data.DataLoader):
        if data.collate_fn is not torch.utils.data.default_collate:
            raise InputError(
                "the loader makes batches by a function of its own; give its samples as two tensors"
            )
        return as_dataset(data.dataset, name)
    pair = _held_in_memory(data) if isinstance(data, torch.utils.data.Dataset) else data
    _require_two_parts(pair)
    if not _is_pair(pair):
        raise InputError(
            "data must be a Dataset, a pair of tensors (inputs, targets) or a torch data set of "
            f"such pairs, got {type(data).__name__}; give tensors, e.g. by torch.from_numpy"
        )
    inputs, targets = pair
    if targets.ndim != 1:
        return dataset_from_tensors(name, inputs, targets)
    if targets.is_floating_point():
        return dataset_from_tensors(name, inputs, targets[:, None])
    labels = targets.to(torch.int64)
    if labels.numel() and labels.min() < 0:
        raise InputError(f"classes must be 0, 1, …, got {int(labels.min())}; number them from 0")
    return dataset_from_tensors(name, inputs, _one_hot(labels, inputs), labels)


def _is_pair(data: object) -> TypeGuard[tuple[Inputs, torch.Tensor]]:
    if not isinstance(data, tuple | list) or len(data) != 2:
        return False
    inputs, targets = data
    parts = inputs if _are_several(inputs) else [inputs]
    return all(isinstance(part, torch.Tensor) for part in (*parts, targets))


def _are_several(inputs: object) -> TypeGuard[Sequence[Any]]:
    """Return whether inputs are to be taken apart, as torch's own loaders do."""
    return isinstance(inputs, tuple | list)


def _require_two_parts(parts: object) -> None:
    """Refuse a sample, or all samples, where nobody knows what is an input and what the target."""
    if not isinstance(parts, tuple | list):
        return
    if len(parts) > 2:
        raise InputError(
            f"data of {len(parts)} parts: a measurement takes pairs (inputs, target); give the "
            "inputs of a sample as one tuple, ((x1, x2), y), in the order of the network's forward"
        )
    if parts and isinstance(parts[0], Mapping):
        raise InputError(
            "inputs by their names have no order; give them as a tuple, ((x1, x2), y), in the "
            "order of the network's forward"
        )


def _one_hot(labels: torch.Tensor, inputs: Inputs) -> torch.Tensor:
    parts = [inputs] if isinstance(inputs, torch.Tensor) else inputs
    real = [part.dtype for part in parts if part.is_floating_point()]
    dtype = real[0] if real else torch.get_default_dtype()
    return torch.nn.functional.one_hot(labels).to(dtype)


def _held_in_memory(data: torch.utils.data.Dataset[object]) -> object:
    """Return the samples of ``data`` stacked, if they are pairs."""
    try:
        samples: list[Any] = [data[number] for number in range(len(cast(Sized, data)))]
        for sample in samples[:1]:
            _require_two_parts(sample)
        return tuple(_stacked(part) for part in zip(*samples, strict=True))
    except InputError:
        raise
    except (TypeError, ValueError, RuntimeError, NotImplementedError) as error:
        raise InputError(
            "a torch data set must have a length, and samples (input, target) of one shape; give "
            "two tensors instead"
        ) from error


def _stacked(values: Sequence[Any]) -> Any:
    """Return the inputs, each input, or the targets of all samples as a tensor."""
    if _are_several(values[0]):
        return tuple(_stacked(part) for part in zip(*values, strict=True))
    return torch.stack([torch.as_tensor(value) for value in values])


def dataset_from_tensors(
    name: str, inputs: Inputs, targets: torch.Tensor, labels: torch.Tensor | None = None
) -> Dataset:
    """Return a data set of the user's own, with checksums of the tensors themselves.

    Parameters
    ----------
    name : str
        For results and file names.
    inputs : Tensor, shape (N, ...), or sequence of such
        Several where the network takes several.
    targets : Tensor, shape (N, n_outputs)
    labels : Tensor of int64, shape (N,), optional
        Zero where there are no classes.
    """
    tensors, parts = {"targets": targets}, None
    if isinstance(inputs, torch.Tensor):
        tensors["inputs"] = rows = inputs
    else:
        tensors |= {f"inputs {number}": part for number, part in enumerate(inputs, start=1)}
        rows, parts = join_inputs(inputs)
    return Dataset(
        name=name,
        inputs=rows.detach(),
        targets=targets.detach(),
        labels=torch.zeros(len(targets), dtype=torch.int64) if labels is None else labels,
        sha256={
            key: hashlib.sha256(value.detach().cpu().contiguous().numpy().tobytes()).hexdigest()
            for key, value in tensors.items()
        },
        provenance=f"{name}, tensors given by the user",
        parts=parts,
    )
