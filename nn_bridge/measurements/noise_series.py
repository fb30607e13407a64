"""Loss and noise strength at every epoch of a training run, as they are measured."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from landscape_sim.estimators.noise_exponent import NoiseExponentFit, fit_noise_exponent
from landscape_sim.validation import InputError
from nn_bridge.data.datasets import Dataset
from nn_bridge.gradients.noise_strength import (
    NoiseStrength,
    layerwise_noise_strength,
    minibatch_noise_strength,
)
from nn_bridge.training.finished_epochs import FinishedEpochs
from nn_bridge.training.generators import generator_of
from nn_bridge.training.losses import find_loss
from nn_bridge.training.sgd import SgdSettings, descend

METHODS = ("layer-wise", "mini-batch", "both")
#: The later stage: losses up to this many times the smallest one, 1.3 decades.
LATER_STAGE = 20.0


@dataclass
class NoiseSeries:
    """What was measured so far along a run.

    Attributes
    ----------
    epochs : list of int
        Epochs done at each measurement.
    points : list of NoiseStrength
        By layers, or by mini-batches where that is the only method.
    by_batches : list of NoiseStrength
        By mini-batches, where both methods were asked for.
    training_seconds, measuring_seconds : float
        Wall time of training, and of measuring by one method.
    """

    epochs: list[int] = field(default_factory=list)
    points: list[NoiseStrength] = field(default_factory=list)
    by_batches: list[NoiseStrength] = field(default_factory=list)
    training_seconds: float = 0.0
    measuring_seconds: float = 0.0

    @property
    def loss(self) -> NDArray[np.float64]:
        """``L(θ)`` at each measurement."""
        return np.array([point.loss for point in self.points])

    @property
    def noise_strength(self) -> NDArray[np.float64]:
        """``𝒩(θ)`` at each measurement."""
        return np.array([point.noise_strength for point in self.points])

    @property
    def cost(self) -> float:
        """Seconds of a measurement over seconds of an epoch of training; NaN without one."""
        if len(self.epochs) < 2:
            return math.nan
        n_epochs = self.epochs[-1] - self.epochs[0]
        return self.measuring_seconds / len(self.points) / (self.training_seconds / n_epochs)

    def fits(self, window: tuple[float, float] | None) -> dict[str, NoiseExponentFit | str]:
        """Return the exponent over each window of the loss, or why there is none.

        Over the whole run and its later stage, or over ``window`` if it is given.
        """
        later = (0.0, LATER_STAGE * float(self.loss.min()))
        windows = {"whole run": (0.0, math.inf), "later stage": later}
        if window is not None:
            windows = {"given window": window}
        found: dict[str, NoiseExponentFit | str] = {}
        for name, bounds in windows.items():
            try:
                found[name] = fit_noise_exponent(self.loss, self.noise_strength, window=bounds)
            except InputError as refusal:
                found[name] = str(refusal)
        return found

    def to_numbers(self) -> dict[str, Any]:
        """Return everything as JSON has it; floats keep their bits."""
        return asdict(self)

    @classmethod
    def of_numbers(cls, numbers: dict[str, Any]) -> NoiseSeries:
        """Return the series of :meth:`to_numbers`."""
        points = {
            name: [NoiseStrength(**point) for point in numbers[name]]
            for name in ("points", "by_batches")
        }
        return cls(**{**numbers, **points})

    def batch_scores(self) -> NDArray[np.float64]:
        """Return (mini-batch − layer-wise)/standard error at each measurement by both."""
        pairs = zip(self.points, self.by_batches, strict=bool(self.by_batches))
        return np.array(
            [
                (b.noise_strength - a.noise_strength) / b.standard_error
                for a, b in pairs
                if b.standard_error > 0
            ]
        )


class NoiseMeter:
    """Adds the noise of a network, at whatever weights it is, to a series.

    Parameters
    ----------
    network : torch.nn.Module
    dataset : Dataset
        All ``N`` samples.
    settings : SgdSettings
        Loss, ``B`` of the mini-batches, and their seed.
    method : str
        One of :data:`METHODS`.
    series : NoiseSeries
    generator : torch.Generator, optional
        Of the mini-batches; by default of the seed.
    """

    def __init__(
        self,
        network: nn.Module,
        dataset: Dataset,
        settings: SgdSettings,
        method: str,
        series: NoiseSeries,
        generator: torch.Generator | None = None,
    ) -> None:
        self._network, self._method, self._series = network, method, series
        self._data = dataset.inputs, dataset.targets, find_loss(settings.loss, dataset.targets)
        self._batch_size = settings.batch_size
        self._generator = generator or generator_of(settings.seed)
        self._clock = time.perf_counter()

    def record(self, epoch: int) -> NoiseStrength:
        """Measure, add to the series as after so many epochs, and return it."""
        began, series = time.perf_counter(), self._series
        series.training_seconds += began - self._clock
        by_batches = self._method == "mini-batch"
        point = self._batches() if by_batches else self._layers()
        series.measuring_seconds += time.perf_counter() - began
        if self._method == "both":
            series.by_batches.append(self._batches())
        series.points.append(point)
        series.epochs.append(epoch)
        self.restart_clock()
        return point

    def restart_clock(self) -> None:
        """Count as training what comes from now on."""
        self._clock = time.perf_counter()

    def _layers(self) -> NoiseStrength:
        return layerwise_noise_strength(self._network, *self._data)

    def _batches(self) -> NoiseStrength:
        return minibatch_noise_strength(
            self._network, *self._data, batch_size=self._batch_size, generator=self._generator
        )


def follow_noise(
    network: nn.Module,
    dataset: Dataset,
    settings: SgdSettings,
    epochs: int,
    method: str,
    series: NoiseSeries,
    *,
    generator: torch.Generator | None = None,
    after_epoch: Callable[[int, float], None] | None = None,
) -> None:
    """Train ``network`` in place and add to ``series`` before the first epoch and after each.

    Parameters
    ----------
    network : torch.nn.Module
        At the start; with ghost batch normalisation only "mini-batch" is defined.
    dataset : Dataset
        All ``N`` samples.
    settings : SgdSettings
        Of the training; its ``B`` is the largest of the mini-batch estimator too.
    epochs : int
        To be made.
    method : str
        One of :data:`METHODS`.
    series : NoiseSeries
        Empty, or what was measured before a run that goes on with this network; holds what was
        measured also if the run diverges or is interrupted. After an interruption the network is
        as it was at the last measurement.
    generator : torch.Generator, optional
        Of the mini-batches; by default of the seed.
    after_epoch : callable, optional
        Called after each measurement with the epochs done and the loss.

    Raises
    ------
    InputError
        If samples depend on one another and the method needs each, or as
        :func:`~nn_bridge.training.sgd.descend` does.
    """
    meter = NoiseMeter(network, dataset, settings, method, series, generator)
    done = FinishedEpochs(network)

    def measure(epoch: int, _: float) -> None:
        loss = meter.record(epoch).loss
        done.add(loss)
        if after_epoch is not None:
            after_epoch(epoch, loss)
        meter.restart_clock()

    if not series.epochs:
        measure(0, math.nan)
        series.training_seconds = 0.0
    try:
        descend(
            network, dataset, settings, epochs,
            first_epoch=series.epochs[-1], after_epoch=measure,
        )  # fmt: skip
    except KeyboardInterrupt:
        done.restore()
        raise
