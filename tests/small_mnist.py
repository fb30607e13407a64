"""An MNIST of a few random images, hence unofficial, where a test needs files on disk."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np


def idx(array: np.ndarray) -> bytes:
    """Return ``array`` in the idx layout."""
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


def write_small_mnist(data_dir: Path, n_samples: int, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Write a training set into ``data_dir``; return its images and labels.

    The two files are one compressed and one not: both are read.
    """
    images = np.random.default_rng(seed).integers(0, 256, (n_samples, 28, 28))
    labels = np.arange(n_samples) % 10
    folder = data_dir / "mnist"
    folder.mkdir(parents=True)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    return images, labels
