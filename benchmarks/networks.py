"""Measurements on networks, at the paper's sizes, on random data.

``python -m benchmarks.networks`` prints what a noise strength costs beside an epoch of training,
how much faster replicas are looked at than by a loop of ``torch.func.vmap``, and the seconds of
both spectra: some two minutes.
"""

from __future__ import annotations

import copy
import statistics
import sys
import time
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap

from benchmarks.pages import markdown
from nn_bridge.data.own_data import dataset_from_tensors
from nn_bridge.gradients.gram import output_gradients
from nn_bridge.gradients.noise_strength import layerwise_noise_strength
from nn_bridge.measurements.decoupling_spectra import decoupling_spectra
from nn_bridge.training.incremental_runs import IncrementalRuns
from nn_bridge.training.losses import mean_square
from nn_bridge.training.networks import NetworkSpec
from nn_bridge.training.sgd import SgdSettings, descend

_N, _REPLICAS, _STEPS, _ROUNDS = 10_000, 100, 5, 5
_GENERATOR = torch.Generator().manual_seed(0)
DATA = dataset_from_tensors(
    "random digits",
    torch.rand(_N, 784, generator=_GENERATOR),
    torch.randn(_N, 1, generator=_GENERATOR).sign(),
)
#: Epochs of training that a measurement may take; times a vmap loop; seconds of both spectra.
TARGETS = {"noise": 0.3, "replicas": 3.0, "decoupling": 45.0}


def noise_over_epoch() -> float:
    """Return the cost of a noise strength over that of an epoch, 784–100–100–1 and ``B`` = 100."""
    network = NetworkSpec(name="mlp-100", seed=0).build()
    settings = SgdSettings(0.01, 100, "mean-square", 0)

    def measure() -> None:
        layerwise_noise_strength(network, DATA.inputs, DATA.targets, mean_square)

    return _ratio(measure, lambda: descend(copy.deepcopy(network), DATA, settings, 1))


def vmap_over_replicas() -> float:
    """Return the cost of steps and looks by a vmap loop over that of the incremental evaluation."""
    network = NetworkSpec(name="mlp", hidden=(10,), seed=0).build()
    runs = IncrementalRuns(
        network, DATA, SgdSettings(0.01, 10, "mean-square", 0), n_replicas=_REPLICAS
    )
    loop = VmapLoop(network)

    def incremental() -> None:
        for _ in range(_STEPS):
            runs.step()
            runs.full_losses()

    return _ratio(loop.run, incremental)


class VmapLoop:
    """Replicas of SGD as one writes them with torch.func, the full loss after every step."""

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        weights, _ = stack_module_state([network] * _REPLICAS)
        self._weights = {name: w.detach().clone() for name, w in weights.items()}

    def run(self) -> None:
        """Make the steps and the looks."""
        for _ in range(_STEPS):
            batch = torch.randint(_N, (_REPLICAS, 10))
            slopes = vmap(grad(self._loss))(self._weights, DATA.inputs[batch], DATA.targets[batch])
            for name, weight in self._weights.items():
                weight.sub_(slopes[name], alpha=0.01)
            with torch.no_grad():
                vmap(self._loss, in_dims=(0, None, None))(self._weights, DATA.inputs, DATA.targets)

    def _loss(self, weights: Mapping[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        return mean_square(functional_call(self._network, dict(weights), (x,)), y).mean()


def decoupling_seconds() -> float:
    """Return the seconds of both spectra of 784–100–100–1 on 10⁴ samples."""
    network = NetworkSpec(name="mlp-100", seed=0).build()
    began = time.perf_counter()
    gradients = output_gradients(network, DATA.inputs)
    outputs = torch.from_numpy(gradients.outputs)
    decoupling_spectra(gradients, mean_square(outputs, DATA.targets.double()).numpy())
    return time.perf_counter() - began


def _ratio(first: Callable[[], object], second: Callable[[], object]) -> float:
    """Return the median over rounds of the time of the first over that of the second."""
    first()
    second()
    return statistics.median(_seconds(first) / _seconds(second) for _ in range(_ROUNDS))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def networks_table() -> str:
    """Return every cost with its target."""
    noise, replicas = noise_over_epoch(), vmap_over_replicas()
    rows = [
        ("noise strength over an epoch", noise, "at most", TARGETS["noise"]),
        ("vmap loop over 100 replicas' full losses", replicas, "at least", TARGETS["replicas"]),
        ("both spectra, seconds", decoupling_seconds(), "at most", TARGETS["decoupling"]),
    ]
    table = [
        (what, f"{found:.2f}", f"{bound} {target:g}", _verdict(found, bound, target))
        for what, found, bound, target in rows
    ]
    threads = torch.get_num_threads()
    head = f"{threads} threads of torch, {_N} samples:\n\n"
    return head + markdown(["cost of", "", "target", ""], table)


def _verdict(found: float, bound: str, target: float) -> str:
    return "met" if (found <= target) == (bound == "at most") else "not met"


if __name__ == "__main__":
    sys.stdout.write(networks_table())
