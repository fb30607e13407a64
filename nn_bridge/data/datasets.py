"""The paper's data sets as tensors, with the checksum and the origin of every byte."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from landscape_sim.validation import InputError, require_count
from nn_bridge.data import cifar
from nn_bridge.data.downloads import download
from nn_bridge.data.idx import DataFile, locate, parse_idx, read_checked
from nn_bridge.data.several_inputs import InputParts
from nn_bridge.data.sources import CIFAR_10, FASHION_MNIST, MNIST, Source

#: Name of the environment variable that holds the data directory.
DATA_VARIABLE = "NN_BRIDGE_DATA"
_N_CLASSES = 10
#: Pixels over 255.
UNIT = "unit"
#: Those less their mean, over their standard deviation; both over all pixels of all samples.
STANDARDISED = "standardised"
SCALINGS = (UNIT, STANDARDISED)


@dataclass(frozen=True)
class Dataset:
    """Inputs and targets, and what is needed to obtain the same ones again.

    Attributes
    ----------
    name : str
    inputs : Tensor, shape (N, channels, height, width) or (N, d)
        Of the built-in data sets float32: pixel / 255, so in [0, 1], unless ``scaling`` says
        "standardised".
    targets : Tensor, shape (N, n_outputs)
        Same dtype. "mnist-parity": +1 for an even digit and −1 for an odd one, one
        column; the others: one-hot.
    labels : Tensor of int64, shape (N,)
        The class of each sample.
    sha256 : mapping
        Name and sha256 of each file that was read, decompressed; of CIFAR-10 one sha256 of
        all records.
    is_official : bool
        Whether every checksum is the official one.
    provenance : str
        One line for the reader of a result.
    scaling : str or None
        Of the inputs of a built-in data set, see :func:`load_dataset`.
    parts : InputParts or None
        How ``inputs`` are taken apart, where the network takes several.
    """

    name: str
    inputs: torch.Tensor
    targets: torch.Tensor
    labels: torch.Tensor
    sha256: Mapping[str, str] = field(default_factory=dict)
    is_official: bool = False
    provenance: str = "not given"
    scaling: str | None = None
    parts: InputParts | None = None

    def __post_init__(self) -> None:
        sizes = {len(self.inputs), len(self.targets), len(self.labels)}
        if len(sizes) != 1 or self.targets.ndim != 2:
            raise InputError(
                "inputs (N, ...), targets (N, n_outputs) and labels (N,) must have one N, got "
                f"{tuple(self.inputs.shape)}, {tuple(self.targets.shape)}, "
                f"{tuple(self.labels.shape)}"
            )

    def __len__(self) -> int:
        return len(self.inputs)

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Dataset:
        """Return a copy on ``device``, in ``dtype``; inputs that are integers stay so."""
        inputs = self.inputs.to(device, dtype if self.inputs.is_floating_point() else None)
        if self.parts is not None:
            self.parts.require_kept(self.inputs, inputs)
        return dataclasses.replace(
            self,
            inputs=inputs,
            targets=self.targets.to(device=device, dtype=dtype),
            labels=self.labels.to(device=device),
        )

    def chunks(self, size: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield inputs and targets of ``size`` samples after another; the last may be fewer."""
        for start in range(0, len(self), size):
            part = slice(start, start + size)
            yield self.inputs[part], self.targets[part]

    def first(self, samples: int) -> Dataset:
        """Return the first ``samples`` samples.

        Raises
        ------
        InputError
            If there are fewer.
        """
        if require_count("samples", samples) > len(self):
            raise InputError(
                f"samples {samples} is beyond the {len(self)} samples of {self.name}; ask for "
                "fewer samples (where no number is given, the paper's is taken)"
            )
        return dataclasses.replace(
            self,
            inputs=self.inputs[:samples],
            targets=self.targets[:samples],
            labels=self.labels[:samples],
            provenance=f"{self.provenance}, first {samples} of {len(self)} samples",
        )


def load_dataset(
    name: str,
    *,
    data_dir: Path | str | None = None,
    samples: int | None = None,
    train: bool = True,
    allow_unofficial: bool = False,
    download: bool = True,
    scaling: str = UNIT,
) -> Dataset:
    """Return a data set of the paper, from the data directory or, if absent there, downloaded.

    Parameters
    ----------
    name : str
        "mnist-parity", "fashion-mnist" or "cifar-10".
    data_dir : path, optional
        Directory with the folders ``mnist``, ``fashion-mnist``, ``cifar-10-batches-bin``;
        by default that of the environment variable ``NN_BRIDGE_DATA``, or the user's own.
    samples : int, optional
        Only the first so many.
    train : bool
        The training set, or else the test set.
    allow_unofficial : bool
        Accept bytes without the official sha256; the result then says so.
    download : bool
        Whether files that are absent may be downloaded.
    scaling : str
        "unit": pixels / 255. "standardised": these less their mean over their standard deviation,
        two numbers for all pixels of the ``samples``.

    Raises
    ------
    InputError
        If the name is unknown, the data directory that was named does not exist, a file is
        missing, damaged or unofficial, or ``samples`` is beyond the data.
    """
    if name not in _LOADERS:
        raise InputError(f"data set {name!r} is unknown; choose one of {', '.join(_LOADERS)}")
    if scaling not in SCALINGS:
        raise InputError(f"scaling {scaling!r} is unknown; choose one of {', '.join(SCALINGS)}")
    folder = data_directory(data_dir)
    source, read, encode = _LOADERS[name]
    images, labels, files = read(source, folder, train, allow_unofficial, download)
    if len(images) != len(labels):
        raise InputError(
            f"{source.title} has {len(images)} images and {len(labels)} labels; the files do not "
            "belong together"
        )
    official = all(file.is_official for file in files)
    inputs = torch.tensor(images, dtype=torch.float32).div_(255)
    classes = torch.from_numpy(labels.astype(np.int64))
    dataset = Dataset(
        name=name,
        inputs=inputs,
        targets=encode(classes),
        labels=classes,
        sha256={file.name: file.sha256 for file in files},
        is_official=official,
        provenance=f"{source.title} {'training' if train else 'test'} set, "
        + ("official bytes" if official else "UNOFFICIAL COPY"),
        scaling=UNIT,
    )
    dataset = dataset if samples is None else dataset.first(samples)
    return dataset if scaling == UNIT else _standardised(dataset)


def _standardised(dataset: Dataset) -> Dataset:
    pixels = dataset.inputs.double()
    deviation, mean = torch.std_mean(pixels, correction=0)
    if not deviation > 0:
        raise InputError(f"all pixels of {dataset.name} are equal; use the scaling {UNIT}")
    return dataclasses.replace(
        dataset,
        inputs=((pixels - mean) / deviation).to(dataset.inputs.dtype),
        scaling=STANDARDISED,
        provenance=f"{dataset.provenance}, standardised",
    )


def data_directory(data_dir: Path | str | None = None) -> Path:
    """Return the data directory: the argument, ``NN_BRIDGE_DATA``, or the user's data folder.

    Raises
    ------
    InputError
        If one of the first two does not exist: a download into a mistyped folder helps nobody.
    """
    named = data_dir if data_dir is not None else os.environ.get(DATA_VARIABLE)
    if not named:
        from platformdirs import user_data_path

        return user_data_path("nn_bridge")
    folder, is_there = Path(named), False
    with suppress(OSError):  # of a name that no folder can have
        is_there = folder.is_dir()
    if not is_there:
        raise InputError(
            f"the data directory {folder} does not exist; create it, or name another with "
            f"data_dir or {DATA_VARIABLE}"
        )
    return folder


_Arrays = tuple[NDArray[np.uint8], NDArray[np.uint8], list[DataFile]]


def _read_idx_pair(
    source: Source, data_dir: Path, train: bool, allow_unofficial: bool, may_download: bool
) -> _Arrays:
    folder = data_dir / source.folder
    files = []
    for file in source.train if train else source.test:
        path = locate(folder, file) or download(source, file, data_dir, may_download)
        files.append(read_checked(path, file, allow_unofficial=allow_unofficial))
    images, labels = parse_idx(files[0], 3), parse_idx(files[1], 1)
    if labels.size and labels.max() >= _N_CLASSES:
        raise InputError(
            f"{files[1].name} has a label {labels.max()} where 0 to 9 are expected; delete it to "
            "have it downloaded"
        )
    return images[:, None], labels, files


def _read_cifar(
    source: Source, data_dir: Path, train: bool, allow_unofficial: bool, may_download: bool
) -> _Arrays:
    folder, (archive,) = data_dir / source.folder, source.train
    path = locate(folder, archive)
    if path is None and any((folder / name).exists() for name in cifar.batch_names(train)):
        file = cifar.read_folder(folder, train, allow_unofficial=allow_unofficial)
    else:
        path = path or download(source, archive, data_dir, may_download)
        file = cifar.read_archive(path, archive, train, allow_unofficial=allow_unofficial)
    images, labels = cifar.parse_records(file)
    return images, labels, [file]


def _parity(labels: torch.Tensor) -> torch.Tensor:
    return (1 - 2 * (labels % 2)).to(torch.float32)[:, None]


def _one_hot(labels: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.one_hot(labels, _N_CLASSES).to(torch.float32)


_Reader = Callable[[Source, Path, bool, bool, bool], _Arrays]
_LOADERS: dict[str, tuple[Source, _Reader, Callable[[torch.Tensor], torch.Tensor]]] = {
    "mnist-parity": (MNIST, _read_idx_pair, _parity),
    "fashion-mnist": (FASHION_MNIST, _read_idx_pair, _one_hot),
    "cifar-10": (CIFAR_10, _read_cifar, _one_hot),
}
#: Of the data sets that can be loaded.
NAMES = tuple(_LOADERS)
