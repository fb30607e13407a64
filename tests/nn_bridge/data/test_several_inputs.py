"""Several inputs of a sample: in every form, joined and taken apart with every number as it was."""

from __future__ import annotations

import pytest
import torch
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from landscape_sim.validation import InputError
from nn_bridge.data.own_data import as_dataset, dataset_from_tensors
from nn_bridge.data.several_inputs import join_inputs

WORDS = torch.tensor([[7, 1], [0, 9], [3, 3]])
IMAGES = torch.arange(12.0).reshape(3, 1, 2, 2) / 7
MASKS = torch.tensor([True, False, True])
INPUTS = (WORDS, IMAGES, MASKS)
Y = torch.tensor([[0.5], [1.5], [2.5]])
#: The first integer that single precision does not hold.
BEYOND = torch.tensor([0, 2**24 + 1, 2])


class Samples(TorchDataset):
    """Samples ``((words, image, mask), y)``, or of the inputs in another form."""

    def __init__(self, pack=tuple):
        self.pack = pack

    def __len__(self):
        return len(Y)

    def __getitem__(self, number):
        return self.pack([WORDS[number], IMAGES[number], bool(MASKS[number])]), Y[number]


def names(parts):
    return dict(zip("abc", parts, strict=True))


def test_what_is_joined_comes_apart_as_it_was():
    rows, parts = join_inputs(INPUTS)
    assert (rows.shape, rows.dtype) == ((3, 2 + 4 + 1), torch.float32)
    for found, given in zip(parts.split(rows), INPUTS, strict=True):
        assert found.dtype == given.dtype
        assert torch.equal(found, given)
    # In double precision the integers are what they were, and the rest is in double precision.
    words, images, masks = parts.split(rows.double())
    assert torch.equal(words, WORDS)
    assert images.dtype == torch.float64
    assert masks.dtype == torch.bool
    alone, of_words = join_inputs((WORDS, WORDS[:, 0].to(torch.int16)))
    assert alone.dtype == torch.int64
    assert of_words.split(alone)[1].dtype == torch.int16


def test_every_form_is_one_data_set():
    own = dataset_from_tensors("mine", INPUTS, Y)
    for data in ((INPUTS, Y), (list(INPUTS), Y[:, 0]), Samples(), Samples(list),
                 DataLoader(Samples(), batch_size=2)):  # fmt: skip
        found = as_dataset(data)
        assert torch.equal(found.inputs, own.inputs)
        assert found.parts == own.parts
        assert found.sha256 == own.sha256
    assert own.sha256.keys() == {"inputs 1", "inputs 2", "inputs 3", "targets"}
    assert own.first(2).parts == own.parts
    classes = as_dataset(((WORDS, IMAGES.double()), torch.tensor([2, 0, 1])))
    assert classes.targets.dtype == torch.float64


def test_an_integer_that_would_change_is_refused():
    with pytest.raises(InputError, match="input 1 of a sample has integers up to 16777217, which"):
        as_dataset(((BEYOND, IMAGES), Y))
    held = as_dataset(((BEYOND, IMAGES.double()), Y.double()))
    assert torch.equal(held.parts.split(held.inputs)[0], BEYOND)
    with pytest.raises(InputError, match="float32 does not hold"):
        held.to(dtype=torch.float32)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (((IMAGES, IMAGES.double()), Y), r"in torch\.float32, torch\.float64; convert them"),
        (((IMAGES, IMAGES + 1j), Y), "to one real precision"),
        (((WORDS, IMAGES[:2]), Y), r"must have one N, got \(3, 2\), \(2, 1, 2, 2\)"),
        (((torch.tensor(1.0), IMAGES), Y), "must have one N"),
        (((), Y), "must have one N"),
        (((IMAGES, [1.0, 2.0, 3.0]), Y), "got tuple; give tensors"),
        ((WORDS, IMAGES, Y), r"data of 3 parts.*\(\(x1, x2\), y\)"),
        ((names(INPUTS), Y), "by their names have no order"),
        (Samples(names), "by their names have no order"),
    ],
)
def test_what_cannot_be_joined_is_refused_in_one_line(data, message):
    with pytest.raises(InputError, match=message) as refusal:
        as_dataset(data)
    assert len(str(refusal.value).splitlines()) == 1
