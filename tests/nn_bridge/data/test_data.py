from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from small_mnist import idx, write_small_mnist

from landscape_sim.validation import InputError
from nn_bridge.data.datasets import load_dataset
from nn_bridge.data.description import DataSpec
from nn_bridge.data.own_data import dataset_from_tensors

N_SAMPLES = 20


@pytest.fixture
def mnist_dir(tmp_path) -> Path:
    """A data directory with an MNIST of 20 random images, which is of course unofficial."""
    write_small_mnist(tmp_path, N_SAMPLES)
    return tmp_path


def records(n: int, seed: int = 0) -> bytes:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 256, (n, 3073))
    table[:, 0] = np.arange(n) % 10
    return table.astype(np.uint8).tobytes()


@pytest.fixture
def cifar_dir(tmp_path) -> Path:
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    for i in range(1, 6):
        (folder / f"data_batch_{i}.bin").write_bytes(records(4, seed=i))
    (folder / "test_batch.bin").write_bytes(records(3))
    return tmp_path


def load_mnist(folder: Path, **options):
    options = {"allow_unofficial": True, "download": False} | options
    return load_dataset("mnist-parity", data_dir=folder, **options)


def test_pixels_labels_and_parity_are_those_of_the_files(tmp_path):
    images, labels = write_small_mnist(tmp_path, N_SAMPLES)
    data = load_mnist(tmp_path)
    assert data.inputs.shape == (N_SAMPLES, 1, 28, 28)
    np.testing.assert_allclose(data.inputs[:, 0].numpy(), images / 255, rtol=1e-7)
    np.testing.assert_array_equal(data.labels.numpy(), labels)
    np.testing.assert_array_equal(data.targets[:, 0].numpy(), np.where(labels % 2, -1, 1))


def test_an_unofficial_copy_is_refused_unless_asked_for_and_then_labelled(mnist_dir):
    with pytest.raises(InputError, match=r"not the official file.*with allow_unofficial"):
        load_mnist(mnist_dir, allow_unofficial=False)
    data = load_mnist(mnist_dir)
    assert not data.is_official
    assert "UNOFFICIAL" in data.provenance
    assert set(data.sha256) == {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"}


def test_samples_are_the_first_ones_and_say_so(mnist_dir):
    data = load_mnist(mnist_dir, samples=7)
    assert len(data) == 7
    assert torch.equal(data.inputs, load_mnist(mnist_dir).inputs[:7])
    assert "first 7 of 20 samples" in data.provenance
    with pytest.raises(InputError, match="samples 21 is beyond the 20"):
        load_mnist(mnist_dir, samples=21)


def damage(path: Path, kind: str) -> None:
    content = path.read_bytes()
    raw = gzip.decompress(content) if path.suffix == ".gz" else content
    path.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "no gzip": b"<html>404</html>",
            "flipped": content[:-40] + bytes(b ^ 255 for b in content[-40:-20]) + content[-20:],
            "too short": gzip.compress(raw[:-1]),
            "other header": gzip.compress(b"\0\0\x0d\x03" + raw[4:]),
            "empty": gzip.compress(b""),
        }[kind]
    )


@pytest.mark.parametrize(
    "kind", ["cut", "no gzip", "flipped", "too short", "other header", "empty"]
)
def test_a_damaged_file_is_one_line_with_its_name_also_where_unofficial_ones_are_accepted(
    mnist_dir, kind
):
    damage(mnist_dir / "mnist" / "train-images-idx3-ubyte.gz", kind)
    with pytest.raises(InputError, match="train-images-idx3-ubyte") as refusal:
        load_mnist(mnist_dir)
    assert len(str(refusal.value).splitlines()) == 1


def test_files_that_do_not_belong_together_are_refused(mnist_dir):
    (mnist_dir / "mnist" / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(19)))
    with pytest.raises(InputError, match="20 images and 19 labels"):
        load_mnist(mnist_dir)
    (mnist_dir / "mnist" / "train-labels-idx1-ubyte").write_bytes(idx(np.full(20, 10)))
    with pytest.raises(InputError, match="a label 10"):
        load_mnist(mnist_dir)


def test_missing_files_and_unknown_names_are_refused(tmp_path):
    with pytest.raises(InputError, match="is missing"):
        load_mnist(tmp_path)
    with pytest.raises(InputError, match="'mnist' is unknown; choose one of mnist-parity"):
        load_dataset("mnist", data_dir=tmp_path)


def test_cifar_records_are_read_in_order_channel_by_channel(cifar_dir):
    with pytest.raises(InputError, match="no official checksum"):
        load_dataset("cifar-10", data_dir=cifar_dir, download=False)
    data = load_dataset("cifar-10", data_dir=cifar_dir, allow_unofficial=True)
    assert data.inputs.shape == (20, 3, 32, 32)
    third = np.frombuffer(records(4, seed=1), np.uint8).reshape(4, 3073)[2]
    np.testing.assert_allclose(
        data.inputs[2].numpy(), third[1:].reshape(3, 32, 32) / 255, rtol=1e-7
    )
    assert data.labels[:5].tolist() == [0, 1, 2, 3, 0]
    assert data.targets.sum(dim=1).eq(1).all()
    assert not data.is_official
    test = load_dataset("cifar-10", data_dir=cifar_dir, allow_unofficial=True, train=False)
    assert len(test) == 3


def test_cifar_archive_gives_the_same_data_without_extracting_anything(cifar_dir):
    folder = cifar_dir / "cifar-10-batches-bin"
    extracted = load_dataset("cifar-10", data_dir=cifar_dir, allow_unofficial=True)
    with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as tar:
        # A member that an unwary extraction would put outside the folder.
        stray = tarfile.TarInfo("../stray")
        tar.addfile(stray, io.BytesIO())
        for path in sorted(folder.glob("*.bin")):
            tar.add(path, f"cifar-10-batches-bin/{path.name}")
            path.unlink()
    with pytest.raises(InputError, match="not the official archive"):
        load_dataset("cifar-10", data_dir=cifar_dir, download=False)
    data = load_dataset("cifar-10", data_dir=cifar_dir, allow_unofficial=True)
    # The records were hashed, not the way they were packed.
    assert data.sha256 == extracted.sha256
    assert torch.equal(data.inputs, extracted.inputs)
    assert not (cifar_dir / "stray").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [(records(2)[:-1], "no multiple"), (b"\x0a" + records(1)[1:], "a label 10"), (b"", "0 bytes")],
)
def test_damaged_records_are_refused(cifar_dir, content, message):
    (cifar_dir / "cifar-10-batches-bin" / "test_batch.bin").write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_dataset("cifar-10", data_dir=cifar_dir, allow_unofficial=True, train=False)


def test_a_cut_archive_and_a_missing_batch_are_refused(cifar_dir):
    folder = cifar_dir / "cifar-10-batches-bin"
    (folder / "data_batch_3.bin").unlink()
    with pytest.raises(InputError, match=r"incomplete.*data_batch_3"):
        load_dataset("cifar-10", data_dir=cifar_dir, allow_unofficial=True)
    (folder / "cifar-10-binary.tar.gz").write_bytes(gzip.compress(records(3))[:4000])
    with pytest.raises(InputError, match="cannot be read"):
        load_dataset("cifar-10", data_dir=cifar_dir, allow_unofficial=True)


def damaged_archives():
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for i in range(1, 6):
            member = tarfile.TarInfo(f"cifar-10-batches-bin/data_batch_{i}.bin")
            member.size = 4 * 3073
            tar.addfile(member, io.BytesIO(records(4, seed=i)))
    packed = gzip.compress(content.getvalue())
    middle = len(packed) // 2
    yield (
        "flipped",
        packed[:middle]
        + bytes(b ^ 255 for b in packed[middle : middle + 40])
        + (packed[middle + 40 :]),
    )
    # The records are whole; only the checksum at the very end tells.
    yield "wrong checksum", packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        folder = tarfile.TarInfo("cifar-10-batches-bin/data_batch_1.bin")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
    yield "a folder", gzip.compress(content.getvalue())
    yield "no tar", gzip.compress(b"nothing of the sort")
    yield "without the batches", gzip.compress(bytes(10240))


@pytest.mark.parametrize("kind", dict(damaged_archives()))
def test_a_damaged_archive_is_one_line_also_where_unofficial_ones_are_accepted(tmp_path, kind):
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    (folder / "cifar-10-binary.tar.gz").write_bytes(dict(damaged_archives())[kind])
    with pytest.raises(InputError, match="cannot be read") as refusal:
        load_dataset("cifar-10", data_dir=tmp_path, allow_unofficial=True)
    assert len(str(refusal.value).splitlines()) == 1


def test_a_data_directory_that_does_not_exist_is_refused_and_not_made(tmp_path, monkeypatch):
    mistyped = tmp_path / "dta"
    with pytest.raises(InputError, match="dta does not exist; create it"):
        load_dataset("mnist-parity", data_dir=mistyped)
    monkeypatch.setenv("NN_BRIDGE_DATA", str(mistyped))
    with pytest.raises(InputError, match="NN_BRIDGE_DATA"):
        load_dataset("mnist-parity")
    assert not mistyped.exists()


def test_chunks_are_all_samples_in_order():
    data = dataset_from_tensors("own", torch.arange(7.0)[:, None], torch.arange(7.0)[:, None])
    parts = list(data.chunks(3))
    assert [len(inputs) for inputs, _ in parts] == [3, 3, 1]
    assert torch.equal(torch.cat([targets for _, targets in parts]), data.targets)


def test_data_of_the_users_own_carry_a_checksum_of_the_tensors():
    inputs, targets = torch.randn(5, 3), torch.randn(5, 2)
    data = dataset_from_tensors("own", inputs, targets)
    changed = dataset_from_tensors("own", inputs + 1e-6, targets)
    assert data.sha256["targets"] == changed.sha256["targets"]
    assert data.sha256["inputs"] != changed.sha256["inputs"]
    assert data.first(2).to(dtype=torch.float64).inputs.dtype == torch.float64
    with pytest.raises(InputError, match="must have one N"):
        dataset_from_tensors("own", inputs, targets[:4])


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "first_labels", "mean", "deviation"),
    [
        # Means and deviations over all pixels that torchvision's users normalise with.
        ("mnist-parity", [5, 0, 4, 1, 9], 0.1307, 0.3081),
        ("fashion-mnist", [9, 0, 0, 3, 0], 0.2860, 0.3530),
    ],
)
def test_the_real_data_are_complete_and_official(name, first_labels, mean, deviation):
    data = load_dataset(name, download=False)
    assert data.is_official
    assert data.inputs.shape == (60_000, 1, 28, 28)
    assert data.labels[:5].tolist() == first_labels
    assert float(data.inputs.double().mean()) == pytest.approx(mean, abs=5e-5)
    assert float(data.inputs.double().std()) == pytest.approx(deviation, abs=5e-5)
    assert len(load_dataset(name, train=False, download=False)) == 10_000


@pytest.mark.real_data
def test_the_real_cifar_subset_is_balanced_and_labelled_unofficial():
    data = load_dataset("cifar-10", allow_unofficial=True, download=False)
    assert data.labels.bincount().tolist() == [len(data) // 10] * 10
    assert not data.is_official


def test_standardised_pixels_have_mean_zero_and_deviation_one_over_those_that_are_used(tmp_path):
    write_small_mnist(tmp_path, N_SAMPLES)
    unit, scaled = (
        load_mnist(tmp_path, samples=9, scaling=name) for name in ("unit", "standardised")
    )
    pixels = unit.inputs.double()
    expected = (pixels - pixels.mean()) / pixels.std(correction=0)
    np.testing.assert_allclose(scaled.inputs.numpy(), expected.numpy(), rtol=1e-5, atol=1e-6)
    assert (unit.scaling, scaled.scaling) == ("unit", "standardised")
    assert "standardised" in scaled.provenance
    # The first of them again are scaled as all of them were.
    again = DataSpec.of(scaled).load(tmp_path, 4)
    assert again.inputs.equal(scaled.inputs[:4])
    with pytest.raises(InputError, match="choose one of unit, standardised"):
        load_mnist(tmp_path, scaling="whitened")
