"""The Hessian's blocks on its diagonal, one a layer: the curvature in its weights alone."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from torch import nn

from nn_bridge.curvature.eigenpairs import top_eigenpairs
from nn_bridge.curvature.hessian import hessian_operator
from nn_bridge.curvature.spectral_density import spectral_density
from nn_bridge.curvature.symmetry import require_symmetric
from nn_bridge.data.datasets import Dataset
from nn_bridge.training.several_inputs import name_as_given

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

#: Blocks up to this size are built whole: Lanczos would take as many products.
_LARGEST_WHOLE = 100


@dataclass(frozen=True)
class LayerBlock:
    """The block ``∂²L/∂θ_l∂θ_l`` of one layer's weights ``θ_l``.

    Attributes
    ----------
    layer : str
        Its name in the network; "network" of parameters that belong to no layer.
    dimension : int
        ``P_l``.
    values : ndarray, shape (k,)
        Largest eigenvalues, descending; all of them if they are fewer than were asked for.
    trace, trace_error : float
        ``Tr H_l`` and its standard error, zero where the block was built whole. The traces of all
        layers add to ``Tr H``.
    """

    layer: str
    dimension: int
    values: NDArray[np.float64]
    trace: float
    trace_error: float


def parameters_by_layer(network: nn.Module) -> dict[str, list[str]]:
    """Return the names of trainable parameters by the layer that owns them, in their order.

    Weights that several layers share belong to the first.

    Examples
    --------
    >>> parameters_by_layer(nn.Sequential(nn.Linear(2, 1), nn.Tanh(), nn.Linear(1, 1)))
    {'0': ['0.weight', '0.bias'], '2': ['2.weight', '2.bias']}
    """
    layers: dict[str, list[str]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            # What a parametrisation keeps under names of its own is of the layer all the same.
            owner = name_as_given(network, name).rpartition(".")[0]
            owner = owner.partition(".parametrizations")[0]
            layers.setdefault(owner or "network", []).append(name)
    return layers


def layer_block(
    network: nn.Module,
    dataset: Dataset,
    loss: str,
    layer: str,
    *,
    n_eigenvalues: int,
    n_probes: int,
    seed: int,
    after_product: Callable[[], None],
) -> LayerBlock:
    """Return the block of one layer of :func:`parameters_by_layer`.

    Raises
    ------
    InputError
        As :func:`~nn_bridge.curvature.hessian.hessian_operator` and
        :func:`~nn_bridge.curvature.eigenpairs.top_eigenpairs` do.
    """
    alone = copy.deepcopy(network)
    names = parameters_by_layer(network)[layer]
    for name, parameter in alone.named_parameters():
        parameter.requires_grad_(name in names)
    operator = hessian_operator(alone, dataset, loss)
    dimension = operator.shape[0]
    if dimension <= max(_LARGEST_WHOLE, n_eigenvalues):
        values = _all_eigenvalues(operator, seed, after_product)
        return LayerBlock(layer, dimension, values[:n_eigenvalues], float(values.sum()), 0.0)
    top = top_eigenpairs(operator, n_eigenvalues, seed=seed, after_product=after_product)
    # One step is enough for the trace.
    density = spectral_density(
        operator, top, n_probes=n_probes, n_steps=1, seed=seed, after_product=after_product
    )
    return LayerBlock(layer, dimension, top.values, *density.trace)


def _all_eigenvalues(
    operator: LinearOperator, seed: int, after_product: Callable[[], None]
) -> NDArray[np.float64]:
    def counted(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        product: NDArray[np.float64] = operator.matvec(vector)
        after_product()
        return product

    dimension = operator.shape[0]
    start, second = np.random.default_rng(seed).standard_normal((2, dimension))
    require_symmetric(counted, start, second)
    columns = np.stack([counted(unit) for unit in np.eye(dimension)], axis=1)
    return np.linalg.eigvalsh((columns + columns.T) / 2)[::-1].astype(np.float64)
