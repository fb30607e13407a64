from __future__ import annotations

import pytest
import torch
from full_disk import full_disk
from safetensors.torch import save_file
from small_mnist import write_small_mnist

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import load_dataset
from nn_bridge.data.description import DataSpec
from nn_bridge.data.own_data import dataset_from_tensors
from nn_bridge.training.checkpoints import (
    TrainingRecord,
    read_checkpoint,
    save_checkpoint,
)
from nn_bridge.training.folder import latest_checkpoint, train_in_folder
from nn_bridge.training.networks import NetworkSpec

DATA = dataset_from_tensors("own", torch.rand(12, 784), torch.eye(10)[torch.arange(12) % 10])
SPEC = NetworkSpec(name="fc", width=3, ghost_batch_size=2, seed=5)


def record(spec: NetworkSpec = SPEC, **changes) -> TrainingRecord:
    settings = {"learning_rate": 0.1, "batch_size": 4, "loss": "mean-square", "seed": 0, "epoch": 0}
    return TrainingRecord(network=spec, data=DataSpec.of(DATA), **(settings | changes))


def test_weights_and_record_come_back_bit_by_bit(tmp_path):
    network = SPEC.build()
    state = record(epoch=3, losses=(0.1, 1 / 3, 1e-300))
    save_checkpoint(tmp_path / "c.safetensors", network, state)
    checkpoint = read_checkpoint(tmp_path / "c.safetensors")
    assert checkpoint.record == state
    again = checkpoint.network()
    assert all(
        torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True)
    )
    assert [path.name for path in tmp_path.iterdir()] == ["c.safetensors"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_not_measured(tmp_path, value):
    network = SPEC.build()
    with torch.no_grad():
        next(network.parameters())[0, 0] = value
    save_checkpoint(tmp_path / "c.safetensors", network, record())
    with pytest.raises(InputError, match="not finite, its training diverged"):
        read_checkpoint(tmp_path / "c.safetensors").network()


@pytest.mark.parametrize("keep", [0, 5, 100, 2000])
def test_a_damaged_file_is_refused_in_one_line(tmp_path, keep):
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, SPEC.build(), record())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match="no complete safetensors file") as refusal:
        read_checkpoint(path)
    assert len(str(refusal.value).splitlines()) == 1


def test_a_flipped_bit_is_noticed_wherever_it_is(tmp_path):
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, SPEC.build(), record(losses=(0.25,)))
    whole = path.read_bytes()
    for place in range(8, len(whole), 97):
        path.write_bytes(bytes([*whole[:place], whole[place] ^ 1, *whole[place + 1 :]]))
        with pytest.raises(InputError):
            read_checkpoint(path)
    path.write_bytes(whole)
    read_checkpoint(path)


def test_a_checkpoint_from_before_there_was_a_checksum_is_read(tmp_path):
    path = tmp_path / "c.safetensors"
    weights = SPEC.build().state_dict()
    save_file(weights, path, {"nn_bridge": record(epoch=3).model_dump_json()})
    assert read_checkpoint(path).record.epoch == 3


def test_a_pickle_is_not_opened(tmp_path):
    path = tmp_path / "c.pt"
    torch.save({"weight": torch.zeros(2)}, path)
    with pytest.raises(InputError, match="no complete safetensors file"):
        read_checkpoint(path)


def test_a_file_of_another_program_and_a_missing_one_are_refused(tmp_path):
    save_file({"w": torch.zeros(2)}, tmp_path / "c.safetensors")
    with pytest.raises(InputError, match="no record of its training"):
        read_checkpoint(tmp_path / "c.safetensors")
    save_file({"w": torch.zeros(2)}, tmp_path / "c.safetensors", {"nn_bridge": '{"epoch": -1}'})
    with pytest.raises(InputError, match="no record of its training"):
        read_checkpoint(tmp_path / "c.safetensors")
    with pytest.raises(InputError, match="there is no checkpoint"):
        read_checkpoint(tmp_path / "d.safetensors")


def test_another_architecture_is_refused_and_the_network_left_alone(tmp_path):
    save_checkpoint(tmp_path / "c.safetensors", SPEC.build(), record())
    wider = NetworkSpec(name="fc", width=4, ghost_batch_size=2).build()
    before = [p.clone() for p in wider.parameters()]
    with pytest.raises(InputError, match=r"c\.safetensors is of another architecture"):
        read_checkpoint(tmp_path / "c.safetensors").restore(wider)
    assert all(torch.equal(a, b) for a, b in zip(before, wider.parameters(), strict=True))
    plain = NetworkSpec(name="fc", width=3).build()
    with pytest.raises(InputError, match="and None in this network"):
        read_checkpoint(tmp_path / "c.safetensors").restore(plain)


def test_a_network_of_the_users_own_is_built_by_the_user(tmp_path):
    save_checkpoint(tmp_path / "c.safetensors", torch.nn.Linear(2, 1), record(NetworkSpec()))
    checkpoint = read_checkpoint(tmp_path / "c.safetensors")
    with pytest.raises(InputError, match="network of your own"):
        checkpoint.network()
    checkpoint.restore(torch.nn.Linear(2, 1))


def test_the_files_of_the_data_must_be_those_of_the_checkpoint(tmp_path):
    for seed in (0, 1):
        write_small_mnist(tmp_path / str(seed), 20, seed)
    used = load_dataset("mnist-parity", data_dir=tmp_path / "0", samples=9, allow_unofficial=True)
    spec = DataSpec.of(used)
    assert torch.equal(spec.load(tmp_path / "0").inputs, used.inputs)
    assert torch.equal(spec.load(tmp_path / "0", samples=4).inputs, used.inputs[:4])
    with pytest.raises(InputError, match="samples 10 is beyond the 9"):
        spec.load(tmp_path / "0", samples=10)
    with pytest.raises(InputError, match="not those of the checkpoint"):
        spec.load(tmp_path / "1")


def test_a_write_that_fails_leaves_the_earlier_checkpoint(tmp_path):
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, SPEC.build(), record())
    before = path.read_bytes()
    with full_disk(1000), pytest.raises(InputError, match=r"cannot write .*File too large"):
        save_checkpoint(path, SPEC.build(), record(epoch=1))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_keeps_the_epochs_asked_for_and_can_be_continued(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for folder in (whole, parts):
        folder.mkdir()
    end = train_in_folder(whole, SPEC.build(), DATA, record(), 5, {0, 2, 5})
    assert sorted(path.name for path in (whole / "checkpoints").iterdir()) == [
        "epoch-00000.safetensors",
        "epoch-00002.safetensors",
        "epoch-00005.safetensors",
        "latest.safetensors",
    ]
    train_in_folder(parts, SPEC.build(), DATA, record(), 3, {3})
    middle = latest_checkpoint(parts)
    assert middle.record.epoch == 3
    again = train_in_folder(parts, middle.network(), DATA, middle.record, 5, {5})
    assert again == end
    one, two = (latest_checkpoint(folder).weights for folder in (whole, parts))
    assert all(torch.equal(one[name], two[name]) for name in one)
