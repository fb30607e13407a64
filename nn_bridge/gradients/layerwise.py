"""What each layer of a network contributes to the gradient of every sample.

What a layer saw, and the gradients with respect to what it gave, come from one forward and one
backward pass over many samples; :mod:`~nn_bridge.gradients.layer_factors` and
:mod:`~nn_bridge.gradients.part_gradients` make per-sample gradients of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from landscape_sim.validation import InputError
from nn_bridge.gradients.layer_factors import LayerFactors, has_factors
from nn_bridge.gradients.part_gradients import PartGradients, Use
from nn_bridge.training.activations import tensors_in
from nn_bridge.training.evaluation import differentiable_attention

#: Of one layer, or of layers that share parameters.
LayerGradients = LayerFactors | PartGradients


class LayerwisePass:
    """One forward pass over N samples whose layers' inputs and outputs were kept.

    Parameters
    ----------
    network : torch.nn.Module
        Of any layers that treat the samples one by one. Parameters that are frozen are no part
        of ``θ``.
    inputs : Tensor
        N samples.
    as_a_whole : bool
        Take the network for one layer.
    is_vectorised : bool
        Whether layers without a quick rule may be passed many samples at once.
    shared : sequence of tuples of bool
        For each use of a layer, which of its arguments are the same for all samples, where an
        earlier pass of other samples found that. Otherwise those that have another first axis.

    Raises
    ------
    InputError
        If the samples are not along the first axis of all that a layer takes and gives.

    Examples
    --------
    >>> layer = nn.Linear(2, 1)
    >>> record = LayerwisePass(layer, torch.tensor([[3.0, 4.0]]))
    >>> (factors,) = record.gradients(record.outputs.sum())
    >>> factors.norms_and_sum()[0].item()  # |(3, 4)|² + 1
    26.0
    """

    def __init__(
        self,
        network: nn.Module,
        inputs: Tensor,
        *,
        as_a_whole: bool = False,
        is_vectorised: bool = True,
        shared: Sequence[tuple[bool, ...]] = (),
    ) -> None:
        self._known = shared
        self._names = {id(p): n for n, p in network.named_parameters() if p.requires_grad}
        self._uses: list[tuple[str, Use]] = []
        self._versions: list[list[int]] = []
        self._n_samples, self._is_vectorised = len(inputs), is_vectorised
        layers = {"": network} if as_a_whole else dict(trainable_layers(network))
        self._has_quick_rule = not as_a_whole
        handles = [
            layer.register_forward_hook(self._keeper(name), with_kwargs=True)
            for name, layer in layers.items()
        ]
        try:
            with torch.enable_grad(), differentiable_attention():
                self.outputs: Tensor = network(inputs)
        finally:
            for handle in handles:
                handle.remove()

    def gradients(self, scalar: Tensor, *, keep_graph: bool = False) -> list[LayerGradients]:
        """Return what each layer contributes to ``∂scalar/∂θ``, a sum over the samples."""
        outputs = [tensors_in(use.output) for _, use in self._uses]
        flat = [output for several in outputs for output in several]
        with differentiable_attention():
            found = torch.autograd.grad(
                scalar, flat, retain_graph=keep_graph, materialize_grads=True
            )
        rest = iter(found)
        by_use = [tuple(next(rest) for _ in several) for several in outputs]
        for (name, use), versions in zip(self._uses, self._versions, strict=True):
            if versions != _versions(use):
                raise InputError(f"what layer {name} saw was changed in place; use inplace=False")
        return [self._of_group(group, by_use) for group in self._groups()]

    @property
    def shared(self) -> list[tuple[bool, ...]]:
        """For each use of a layer, which of its arguments are the same for all samples."""
        return [use.shared for _, use in self._uses]

    def _of_group(self, group: list[int], by_use: list[tuple[Tensor, ...]]) -> LayerGradients:
        """Return the gradients of the uses with these numbers."""
        name, use = self._uses[group[0]]
        if len(group) == 1 and self._is_quick(use):
            (a,), (d,) = tensors_in(use.arguments), by_use[group[0]]
            return LayerFactors(name, use.part, a.detach(), d)
        uses = tuple(self._uses[number][1] for number in group)
        gradients = tuple(by_use[number] for number in group)
        return PartGradients(name, uses, gradients, self._names, self._is_vectorised)

    def _is_quick(self, use: Use) -> bool:
        is_trained = all(id(p) in self._names for p in use.part.parameters())
        return self._has_quick_rule and is_trained and has_factors(use.part)

    def _groups(self) -> list[list[int]]:
        """Return the numbers of the uses, together where they share a parameter."""
        groups: list[tuple[set[int], list[int]]] = []
        for number, (_, use) in enumerate(self._uses):
            owned, members = {id(p) for p in use.part.parameters()}, [number]
            apart = []
            for others, numbers in groups:
                if owned & others:
                    owned, members = owned | others, [*numbers, *members]
                else:
                    apart.append((others, numbers))
            groups = [*apart, (owned, members)]
        return [members for _, members in groups]

    def _keeper(self, name: str) -> Callable[[nn.Module, Any, Any, Any], None]:
        def keep(layer: nn.Module, positional: Any, keywords: Any, output: Any) -> None:
            inputs, outputs = tensors_in((positional, keywords)), tensors_in(output)
            shared = tuple(len(x) != self._n_samples if x.ndim else True for x in inputs)
            number = len(self._uses)
            if number < len(self._known) and len(self._known[number]) == len(inputs):
                shared = self._known[number]
            if all(shared) or any(not s.ndim or len(s) != self._n_samples for s in outputs):
                raise InputError(
                    f"layer {name} has the samples elsewhere than along its first axis: shapes "
                    f"{[tuple(x.shape) for x in (*inputs, *outputs)]} for {self._n_samples} samples"
                )
            use = Use(layer, (positional, keywords), output, shared)
            self._uses.append((name, use))
            self._versions.append(_versions(use))

        return keep


def trainable_layers(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield the smallest modules that own trainable parameters, with all that is within them."""
    within: list[str] = []
    for name, module in network.named_modules():
        if any(name.startswith(f"{outer}." if outer else "") for outer in within):
            continue
        own = any(p.requires_grad for p in module.parameters(recurse=False))
        if own or (is_parametrized(module) and any(p.requires_grad for p in module.parameters())):
            within.append(name)
            yield name, module


def _versions(use: Use) -> list[int]:
    return [x._version for x in tensors_in((use.arguments, use.output))]
