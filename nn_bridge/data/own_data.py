"""Data of the user's own: tensors, or a data set of torch, as a data set with checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sized
from typing import Any, TypeGuard, cast

import torch

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import Dataset

#: What a measurement takes for data.
AnyData = (
    Dataset
    | tuple[torch.Tensor, torch.Tensor]
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
        are classes and become one-hot; others become one column.
    name : str
        For results; a data set that has a name keeps it.

    Raises
    ------
    InputError
        If it is none of these, a sample has several inputs, or inputs and targets do not fit one
        another.

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
    _require_one_input(pair)
    if not _is_pair_of_tensors(pair):
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


def _is_pair_of_tensors(data: object) -> TypeGuard[tuple[torch.Tensor, torch.Tensor]]:
    return (
        isinstance(data, tuple | list)
        and len(data) == 2
        and all(isinstance(part, torch.Tensor) for part in data)
    )


def _require_one_input(parts: object) -> None:
    """Refuse several inputs, of which a measurement would not know what belongs to a sample.

    Parameters
    ----------
    parts
        A sample, or all samples, as the user gives them.
    """
    if not isinstance(parts, tuple | list):
        return
    first = parts[0] if parts else None
    is_several = isinstance(first, Mapping) or (
        isinstance(first, tuple | list) and any(getattr(one, "ndim", 0) for one in first)
    )
    if len(parts) < 3 and not is_several:
        return
    found = "several inputs" if is_several else f"{len(parts)} parts"
    raise InputError(
        f"data of {found}: a measurement takes pairs (input, target); join the inputs of a sample "
        "in one tensor, e.g. torch.cat((x1.flatten(1), x2.flatten(1)), 1), and split it in the "
        "network's forward"
    )


def _one_hot(labels: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    dtype = like.dtype if like.is_floating_point() else torch.get_default_dtype()
    return torch.nn.functional.one_hot(labels).to(dtype)


def _held_in_memory(data: torch.utils.data.Dataset[object]) -> object:
    """Return the samples of ``data`` stacked, if they are pairs."""
    try:
        samples: list[Any] = [data[number] for number in range(len(cast(Sized, data)))]
        for sample in samples[:1]:
            _require_one_input(sample)
        return tuple(
            torch.stack([torch.as_tensor(value) for value in part])
            for part in zip(*samples, strict=True)
        )
    except InputError:
        raise
    except (TypeError, ValueError, RuntimeError, NotImplementedError) as error:
        raise InputError(
            "a torch data set must have a length, and samples (input, target) of one shape; give "
            "two tensors instead"
        ) from error


def dataset_from_tensors(
    name: str, inputs: torch.Tensor, targets: torch.Tensor, labels: torch.Tensor | None = None
) -> Dataset:
    """Return a data set of the user's own, with checksums of the tensors themselves.

    Parameters
    ----------
    name : str
        For results and file names.
    inputs : Tensor, shape (N, ...)
    targets : Tensor, shape (N, n_outputs)
    labels : Tensor of int64, shape (N,), optional
        Zero where there are no classes.
    """
    tensors = {"inputs": inputs, "targets": targets}
    return Dataset(
        name=name,
        inputs=inputs.detach(),
        targets=targets.detach(),
        labels=torch.zeros(len(inputs), dtype=torch.int64) if labels is None else labels,
        sha256={
            key: hashlib.sha256(value.detach().cpu().contiguous().numpy().tobytes()).hexdigest()
            for key, value in tensors.items()
        },
        provenance=f"{name}, tensors given by the user",
    )
