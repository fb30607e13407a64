"""Tensors come back from a file as fresh ones: where torch lays them, with the bits they had."""

from __future__ import annotations

import pytest
import torch

from nn_bridge.training.tensor_files import read_tensors, write_tensors


@pytest.mark.parametrize("text", ["", "a" * 8, "a" * 16])
def test_what_is_read_lies_as_torch_lays_it(text, tmp_path):
    written = {
        "a": torch.randn(3),
        "b": torch.randn(2, 5),
        "c": torch.tensor(7),
        "d": torch.rand(1),
    }
    write_tensors(tmp_path / "file", written, text)
    read, said = read_tensors(tmp_path / "file")
    assert said == text
    for name, value in written.items():
        torch.testing.assert_close(read[name], value, rtol=0, atol=0)
        assert read[name].data_ptr() % 64 == 0
