"""How to measure the noise along a run, and the choices that suit network and data."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from landscape_sim.validation import InputError, require_count
from nn_bridge.data.datasets import Dataset
from nn_bridge.gradients.alignment import alignment_samples
from nn_bridge.gradients.ways import why_no_gradients
from nn_bridge.measurements.noise_series import METHODS


@dataclass(frozen=True)
class NoiseSettings:
    """How to measure the noise along a run.

    Attributes
    ----------
    epochs : int
        Of training.
    method : str or None
        "layer-wise" (exact), "mini-batch" or "both". None: by mini-batches where there are
        convolutions, which are dear by layers, or samples depend on one another, which allows
        nothing else.
    window : (float, float) or None
        Fit over losses between the two. None: over the whole run and over its later stage.
    alignment_samples : int or None
        Samples for the alignment of ``Σ`` with ``H`` at the end; 0: none. None: 2000 over the
        number of outputs, as far as there are samples and memory, and none where samples depend
        on one another.
    """

    epochs: int = 50
    method: str | None = None
    window: tuple[float, float] | None = None
    alignment_samples: int | None = None

    def __post_init__(self) -> None:
        require_count("epochs", self.epochs)
        if self.method is not None and self.method not in METHODS:
            raise InputError(
                f"method {self.method!r} is unknown; choose one of {', '.join(METHODS)}"
            )
        if self.window is not None and not _is_window(self.window):
            raise InputError(
                f"window must be (low, high) with 0 <= low < high, got {self.window!r}"
            )
        if self.alignment_samples is not None:
            require_count("alignment_samples", self.alignment_samples, minimum=0)


def _is_window(window: tuple[float, float]) -> bool:
    return len(window) == 2 and 0 <= window[0] < window[1]


@dataclass(frozen=True)
class ChosenNoise:
    """The settings with every choice made."""

    epochs: int
    method: str
    window: tuple[float, float] | None
    alignment_samples: int


def choose_noise(network: nn.Module, dataset: Dataset, settings: NoiseSettings) -> ChosenNoise:
    """Return the settings with the choices that suit network and data.

    Raises
    ------
    InputError
        If samples depend on one another, and what was asked for does not allow that.
    """
    method, n_aligned = settings.method, settings.alignment_samples
    refusal = why_no_gradients(network, dataset.inputs)
    if refusal is not None:
        if method in ("layer-wise", "both"):
            raise InputError(f"method {method!r}: {refusal}")
        if n_aligned:
            raise InputError(f"alignment_samples {n_aligned}: {refusal}; or use 0")
        return ChosenNoise(settings.epochs, "mini-batch", settings.window, 0)
    if method is None:
        has_convolution = any(isinstance(layer, nn.Conv2d) for layer in network.modules())
        method = "mini-batch" if has_convolution else "layer-wise"
    if n_aligned != 0:
        n_outputs = dataset.targets.shape[1]
        n_aligned = alignment_samples(network, dataset.inputs, n_outputs, n_aligned)
    return ChosenNoise(settings.epochs, method, settings.window, n_aligned)
