"""The scalar products of all per-sample gradients of a network's outputs, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from landscape_sim.validation import InputError
from nn_bridge.gradients.layer_factors import LayerFactors
from nn_bridge.gradients.layerwise import LayerGradients
from nn_bridge.gradients.part_gradients import PartGradients
from nn_bridge.gradients.ways import Way, choose_way
from nn_bridge.memory import require_memory
from nn_bridge.training.activations import activation_bytes, layer_bytes
from nn_bridge.training.evaluation import double_copy, evaluating

#: Samples in one forward pass, and rows of one block of the matrix.
_CHUNK = 500
#: Bytes of the gradients that a convolution forms at a time.
_SLICE_BYTES = 2**28
#: What small temporaries add: measured peaks are up to a tenth above the sum of the large ones.
_OVERHEAD = 1.1


@dataclass(frozen=True)
class OutputGradients:
    """Outputs of a network and the Gram matrix of their gradients, in double precision.

    Attributes
    ----------
    outputs : ndarray, shape (N, K)
        ``f_k(x_μ)``.
    gram : ndarray, shape (N K, N K)
        ``∇f_k(x_μ) · ∇f_l(x_ν)``; row ``μ K + k``, column ``ν K + l``.
    """

    outputs: NDArray[np.float64]
    gram: NDArray[np.float64]


def output_gradients(network: nn.Module, inputs: Tensor) -> OutputGradients:
    """Return the Gram matrix of ``∇f_k(x_μ)`` over all samples and outputs.

    The Jacobian, of ``N K`` rows and as many columns as parameters, is never formed as a whole: a
    linear layer contributes ``(a_μ·a_ν + 1) (d_μk·d_νl)``, and of another kind only one at a time
    is formed. Double precision is needed: the eigenvalues span more than ten decades.

    Parameters
    ----------
    network : torch.nn.Module
        At ``θ``; it is not changed. See :func:`~nn_bridge.gradients.ways.choose_way`.
    inputs : Tensor
        ``N`` samples.

    Raises
    ------
    InputError
        If samples depend on one another, or the matrix, with what it is made of, would not fit
        into the free memory.

    Examples
    --------
    >>> layer = nn.Linear(2, 1, bias=False)
    >>> output_gradients(layer, torch.tensor([[1.0, 0.0], [1.0, 2.0]])).gram
    array([[1., 1.],
           [1., 5.]])
    """
    network = double_copy(network)
    require_gram_memory(network, inputs)
    inputs = _in_double(inputs)
    way = choose_way(network, inputs)
    passes = [_pass(way, network, chunk) for chunk in torch.split(inputs, _CHUNK)]
    outputs = torch.cat([outputs for outputs, _ in passes])
    n_samples, n_outputs = outputs.shape
    gram = np.zeros((n_samples * n_outputs, n_samples * n_outputs))
    for parts in zip(*(layers for _, layers in passes), strict=True):
        _add_layer(gram, parts)
    _mirror(gram)
    return OutputGradients(outputs.cpu().numpy(), gram)


def matrix_bytes(n_rows: int, n_matrices: int = 1) -> int:
    """Return the bytes of ``n_matrices`` square matrices in double precision."""
    return 8 * n_rows**2 * n_matrices


def gram_bytes(network: nn.Module, inputs: Tensor, n_matrices: int = 1) -> int:
    """Return the bytes that :func:`output_gradients` will take, without taking them.

    Parameters
    ----------
    network, inputs
        As for :func:`output_gradients`.
    n_matrices : int
        Square matrices that will be held at once in the end, the Gram matrix one of them.
    """
    parameter = next(network.parameters())
    inputs = inputs.to(parameter.dtype) if inputs.is_floating_point() else inputs
    probe = inputs[:1]
    with evaluating(network):
        n_outputs = network(probe).shape[-1]
    double = 8 // parameter.element_size()
    of_all, of_largest = layer_bytes(network, probe, n_outputs)
    graph = min(len(inputs), _CHUNK) * 2 * activation_bytes(network, probe)
    # One layer's factors are joined to one tensor, and so are some of its gradients.
    factors = len(inputs) * (of_all + 2 * of_largest)
    gradients = 2 * _SLICE_BYTES if _has_convolution(network) else 0
    copied = len(inputs) * probe.numel() * probe.element_size()
    # Those of a layer without a quick rule are formed, chunk by chunk and then joined.
    formed = 2 * 8 * len(inputs) * n_outputs * _most_formed(network, inputs)
    block = 8 * min(len(inputs), _CHUNK) * len(inputs) * (n_outputs**2 + 1)
    matrices = matrix_bytes(len(inputs) * n_outputs, n_matrices)
    return int(
        _OVERHEAD * (double * (factors + graph + copied) + gradients + formed + block + matrices)
    )


def require_gram_memory(network: nn.Module, inputs: Tensor, n_matrices: int = 1) -> None:
    """Refuse a Gram matrix that, with what it is made of, would exceed the free memory.

    Raises
    ------
    InputError
        With what is needed and what is there.
    """
    require_memory(
        gram_bytes(network, inputs, n_matrices),
        f"the Gram matrix of {len(inputs)} samples",
        "use fewer samples",
    )


def _in_double(inputs: Tensor) -> Tensor:
    """Return ``inputs`` in double precision, unless they are integers."""
    return inputs.double() if inputs.is_floating_point() else inputs


def _most_formed(network: nn.Module, inputs: Tensor) -> int:
    """Return the most parameters, of one layer, whose gradients have to be formed."""
    way, probe = choose_way(network, inputs), inputs[:2]
    record = way.forward(network, probe)
    layers = record.gradients(record.outputs.sum())
    return max((p.n_parameters for p in layers if isinstance(p, PartGradients)), default=0)


def _has_convolution(network: nn.Module) -> bool:
    return any(isinstance(layer, nn.Conv2d) for layer in network.modules())


def _pass(
    way: Way, network: nn.Module, inputs: Tensor
) -> tuple[Tensor, list[list[LayerGradients]]]:
    """Return the outputs, and for each layer its part of ``∇f_k`` for every ``k``."""
    record = way.forward(network, inputs)
    if record.outputs.ndim != 2:
        raise InputError(
            f"the network's output must have the shape (N, K), got {tuple(record.outputs.shape)}"
        )
    by_output = [record.gradients(total, keep_graph=True) for total in record.outputs.sum(0)]
    return record.outputs.detach(), [list(layer) for layer in zip(*by_output, strict=True)]


def _add_layer(gram: NDArray[np.float64], parts: Sequence[list[LayerGradients]]) -> None:
    """Add one layer's scalar products to the lower block triangle of ``gram``."""
    # All passes have the same layers, so of one kind there is either all or nothing.
    general = [[one for one in part if isinstance(one, PartGradients)] for part in parts]
    quick = [[one for one in part if isinstance(one, LayerFactors)] for part in parts]
    if general[0]:
        _add_products(gram, torch.cat([_formed(part) for part in general]))
    elif quick[0][0].has_positions:
        for gradients in _gradient_slices(quick):
            _add_products(gram, gradients)
    else:
        _add_factors(gram, quick)


def _formed(part: Sequence[PartGradients]) -> Tensor:
    """Return the gradients of every output, shape (samples K, parameters)."""
    return torch.stack([torch.cat(list(one.slices())) for one in part], dim=1).flatten(0, 1)


def _add_factors(gram: NDArray[np.float64], parts: Sequence[list[LayerFactors]]) -> None:
    """Add the products of a linear layer without positions, no gradient of which is formed."""
    a = torch.cat([part[0].inputs for part in parts])
    d = torch.cat([_over_outputs(part) for part in parts])
    n, k = d.shape[:2]
    for start in range(0, n, _CHUNK):
        end = min(start + _CHUNK, n)
        inner = a[start:end] @ a[:end].T + parts[0][0].has_bias
        outer = d[start:end].flatten(0, 1) @ d[:end].flatten(0, 1).T
        outer.view(end - start, k, end, k).mul_(inner[:, None, :, None])
        gram[start * k : end * k, : end * k] += outer.cpu().numpy()


def _over_outputs(part: list[LayerFactors]) -> Tensor:
    """Return ``d`` of every output of the network, shape (samples, K, fan-out, ...)."""
    return torch.stack([factors.unit_gradients() for factors in part], dim=1)


def _gradient_slices(parts: Sequence[list[LayerFactors]]) -> Iterator[Tensor]:
    """Yield the gradients of a layer with positions, (N K, parameters), some units at a time."""
    weight = parts[0][0].layer.weight
    assert isinstance(weight, Tensor)
    n_rows = sum(len(part) * len(part[0].inputs) for part in parts)
    fan_out, unit_parameters = len(weight), weight[0].numel()
    width = max(1, _SLICE_BYTES // (8 * n_rows * unit_parameters))
    for start in range(0, fan_out, width):
        units = slice(start, min(start + width, fan_out))
        yield torch.cat([_weight_gradients(part, units) for part in parts])
    if parts[0][0].has_bias:
        yield torch.cat([_over_outputs(part).flatten(3).sum(3).flatten(0, 1) for part in parts])


def _weight_gradients(part: list[LayerFactors], units: slice) -> Tensor:
    """Return the gradients of these units' weights, shape (samples K, parameters)."""
    d = _over_outputs(part)[:, :, units]
    formed = part[0].weight_gradients(d.flatten(1, 2))
    return formed.reshape(d.shape[0] * d.shape[1], -1)


def _add_products(gram: NDArray[np.float64], gradients: Tensor) -> None:
    for start in range(0, len(gradients), _CHUNK):
        end = min(start + _CHUNK, len(gradients))
        gram[start:end, :end] += (gradients[start:end] @ gradients[:end].T).cpu().numpy()


def _mirror(gram: NDArray[np.float64]) -> None:
    """Copy the lower triangle into the upper one, block by block."""
    for start in range(0, len(gram), _CHUNK):
        rows = slice(start, start + _CHUNK)
        gram[:start, rows] = gram[rows, :start].T
        gram[rows, rows] = np.tril(gram[rows, rows]) + np.tril(gram[rows, rows], -1).T
