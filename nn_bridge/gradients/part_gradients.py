"""The general rule: per-sample gradients of any part of a network, by transposing it anew.

A part ``s = F(a, w)`` of which inputs ``a_μ`` and gradients ``d_μ = ∂ℓ_μ/∂s_μ`` are known has
``∂ℓ_μ/∂w = (∂F(a_μ, w)/∂w)ᵀ d_μ``, summed over the places where it is used. ``torch.func`` does
that for many samples at once, whatever the part computes: normalisation, embedding, attention,
weights used at several places, or the whole network.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vjp, vmap
from torch.utils._pytree import tree_flatten, tree_map_only, tree_unflatten

from landscape_sim.validation import InputError
from nn_bridge.training.activations import tensors_in
from nn_bridge.training.evaluation import differentiable_attention

#: Bytes of gradients that are formed at a time.
_SLICE_BYTES = 1 << 27

Gradients = dict[str, Tensor]
_Apply = Callable[[Gradients], list[Tensor]]


@dataclass(frozen=True)
class Use:
    """One passage of N samples through a part of the network.

    Attributes
    ----------
    part : torch.nn.Module
    arguments : object
        Positional and keyword arguments, as a tree.
    output : object
        What it returned.
    shared : tuple of bool
        For each tensor of the arguments, whether it is the same for all samples.
    """

    part: nn.Module
    arguments: Any
    output: Any
    shared: tuple[bool, ...]


@dataclass(frozen=True)
class PartGradients:
    """Per-sample gradients with respect to all parameters that some uses of parts share.

    Attributes
    ----------
    name : str
        Of the first part.
    uses : tuple of Use
    gradients : tuple of tuples of Tensor
        For each use, ``d`` of every tensor that it returned.
    names : mapping of int to str
        The name in the network of each trainable parameter, by its id.
    is_vectorised : bool
        Whether many samples are passed at once.
    """

    name: str
    uses: tuple[Use, ...]
    gradients: tuple[tuple[Tensor, ...], ...]
    names: Mapping[int, str]
    is_vectorised: bool

    @property
    def n_parameters(self) -> int:
        """Number of parameters, each counted once."""
        sizes = {id(p): p.numel() for use in self.uses for p in use.part.parameters()}
        return sum(size for key, size in sizes.items() if key in self.names)

    def norms_and_sum(self) -> tuple[Tensor, Tensor]:
        """Return ``|∂ℓ_μ/∂w|²`` of every sample, (N,), and ``Σ_μ ∂ℓ_μ/∂w``, flat."""
        norms, sums = [], []
        for gradients in self.slices():
            norms.append(gradients.square().sum(1))
            sums.append(gradients.sum(0))
        return torch.cat(norms), torch.stack(sums).sum(0)

    def formed(self) -> Gradients:
        """Return the gradient of every sample, ``(N, *shape)`` of each parameter by its name."""
        return self._formed(slice(None))

    def slices(self) -> Iterator[Tensor]:
        """Yield the gradients of some samples after another, shape (n, parameters)."""
        first = self.gradients[0][0]
        n_samples, bytes_of_one = len(first), self.n_parameters * first.element_size()
        size = max(1, _SLICE_BYTES // bytes_of_one)
        for start in range(0, n_samples, size):
            formed = self._formed(slice(start, start + size))
            yield torch.cat([part.reshape(len(part), -1) for part in formed.values()], dim=1)

    def _formed(self, samples: slice) -> Gradients:
        total: Gradients = {}
        for use, gradients in zip(self.uses, self.gradients, strict=True):
            for local, found in self._of_use(use, gradients, samples).items():
                name = self.names[id(dict(use.part.named_parameters())[local])]
                total[name] = total[name] + found if name in total else found
        return dict(sorted(total.items()))

    def _weights(self, use: Use) -> dict[str, Tensor]:
        return {n: p.detach() for n, p in use.part.named_parameters() if id(p) in self.names}

    def _of_use(self, use: Use, gradients: tuple[Tensor, ...], samples: slice) -> Gradients:
        leaves, tree = tree_flatten(tree_map_only(Tensor, Tensor.detach, use.arguments))
        is_tensor = [isinstance(leaf, Tensor) for leaf in leaves]
        shared = iter(use.shared)
        batched = [is_one and not next(shared) for is_one in is_tensor]
        inputs = [leaf[samples] for leaf, is_one in zip(leaves, batched, strict=True) if is_one]
        weights = self._weights(use)

        def one_sample(*values: Tensor) -> tuple[Gradients, list[Tensor]]:
            one = iter(values)
            filled = [next(one)[None] if b else x for b, x in zip(batched, leaves, strict=True)]
            arguments, keywords = tree_unflatten(filled, tree)

            def apply(weights: Gradients) -> list[Tensor]:
                return tensors_in(functional_call(use.part, weights, arguments, keywords))

            outputs, found = transpose(apply, weights, [d[None] for d in one])
            return found, [output[0] for output in outputs]

        given = [*inputs, *(d[samples] for d in gradients)]
        transpose, over_samples = (
            (_by_functions, _many) if self.is_vectorised else (_by_autograd, _one_by_one)
        )
        with differentiable_attention(), _keeping_derived_weights(use.part):
            found: Gradients
            found, outputs = over_samples(one_sample, given)
        for output, kept in zip(outputs, tensors_in(use.output), strict=True):
            _require_same(self.name, output.detach(), kept[samples].detach())
        return found


@contextmanager
def _keeping_derived_weights(part: nn.Module) -> Iterator[None]:
    """Put back what hooks leave in the modules: weights that are of no use outside the block."""
    attributes = [vars(module) for module in part.modules()]
    before = [{n: v for n, v in own.items() if isinstance(v, Tensor)} for own in attributes]
    try:
        yield
    finally:
        for own, values in zip(attributes, before, strict=True):
            own.update(values)


def _by_functions(
    apply: _Apply, weights: Gradients, d: list[Tensor]
) -> tuple[list[Tensor], Gradients]:
    outputs, back, *_ = vjp(apply, weights)
    return outputs, back(d)[0]


def _by_autograd(
    apply: _Apply, weights: Gradients, d: list[Tensor]
) -> tuple[list[Tensor], Gradients]:
    with torch.enable_grad():
        leaves = {name: weight.requires_grad_() for name, weight in weights.items()}
        outputs = apply(leaves)
        found = torch.autograd.grad(outputs, list(leaves.values()), d, materialize_grads=True)
    return [output.detach() for output in outputs], dict(zip(leaves, found, strict=True))


def _many(function: Callable[..., Any], values: list[Tensor]) -> Any:
    with warnings.catch_warnings():
        # It is slower where torch has no rule of its own, and right.
        warnings.filterwarnings("ignore", "There is a performance drop", UserWarning)
        return vmap(function, randomness="error")(*values)


def _one_by_one(function: Callable[..., Any], values: list[Tensor]) -> Any:
    parts = [function(*one) for one in zip(*values, strict=True)]
    gradients = {n: torch.stack([g[n] for g, _ in parts]) for n in parts[0][0]}
    outputs = [torch.stack(outputs) for outputs in zip(*(o for _, o in parts), strict=True)]
    return gradients, outputs


def _require_same(name: str, again: Tensor, kept: Tensor) -> None:
    """Refuse a part that, applied alone, does something else than within the network."""
    tolerance = torch.finfo(again.dtype).eps ** 0.5
    if again.shape != kept.shape or not torch.allclose(
        again, kept, rtol=tolerance, atol=tolerance * float(kept.abs().max())
    ):
        alone, within = (f"{tuple(x.shape)}, norm {float(x.norm()):.6g}" for x in (again, kept))
        raise InputError(
            f"layer {name} does something else alone ({alone}) than within the network ({within})"
        )
