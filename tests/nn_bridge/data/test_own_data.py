"""Data of the user's own in every form that measurements take."""

from __future__ import annotations

import pytest
import torch
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import TensorDataset

from landscape_sim.validation import InputError
from nn_bridge.data.own_data import as_dataset, dataset_from_tensors

X = torch.arange(6.0).reshape(3, 2)
Y = torch.tensor([[0.5], [1.5], [2.5]])
CLASSES = torch.tensor([2, 0, 1])


def same(one, other):
    return torch.equal(one.inputs, other.inputs) and torch.equal(one.targets, other.targets)


def test_tensors_a_torch_data_set_and_our_own_are_one_data_set():
    own = dataset_from_tensors("mine", X, Y)
    assert as_dataset(own) is own
    for data in ((X, Y), (X, Y[:, 0]), TensorDataset(X, Y), TensorDataset(X, Y[:, 0])):
        found = as_dataset(data)
        assert same(found, own)
        # The checksum is of the numbers, however they came.
        assert found.sha256 == own.sha256
    assert (own.name, as_dataset((X, Y)).name) == ("mine", "own data")


def test_classes_become_one_hot_in_the_dtype_of_the_inputs():
    for data in ((X.double(), CLASSES), TensorDataset(X.double(), CLASSES)):
        found = as_dataset(data)
        assert found.targets.dtype == torch.float64
        assert found.targets.argmax(dim=1).tolist() == found.labels.tolist() == [2, 0, 1]


class Ragged(TorchDataset):
    def __len__(self):
        return 2

    def __getitem__(self, number):
        return torch.zeros(number + 1), torch.zeros(1)


class Endless(TorchDataset):
    def __getitem__(self, number):
        return torch.zeros(1), torch.zeros(1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (X, "got Tensor"),
        (TensorDataset(X, X, Y), "data of 3 parts"),
        ((X, [1.0, 2.0, 3.0]), "got tuple"),
        (TensorDataset(X), "got TensorDataset"),
        (Ragged(), "of one shape"),
        (Endless(), "must have a length"),
        ((X, -CLASSES), "classes must be 0, 1"),
        ((X, Y[:2]), "must have one N"),
    ],
)
def test_what_is_no_data_is_refused_in_one_line(data, message):
    with pytest.raises(InputError, match=message) as refusal:
        as_dataset(data)
    assert len(str(refusal.value).splitlines()) == 1
