"""Which way to per-sample gradients is right for a network: tried on a few samples, always.

The quick rules assume much: that weights act in their layer alone, that samples lie along the
first axis, that nothing was changed in between. What is assumed is compared with plain autograd,
one sample after another, before anything is measured. Where it does not hold, the whole network
is transposed by ``torch.func``, which is exact and slower; where that fails, sample by sample.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from landscape_sim.validation import InputError
from nn_bridge.gradients.layerwise import LayerGradients, LayerwisePass
from nn_bridge.training.evaluation import differentiable_attention, double_copy
from nn_bridge.training.problem import tried_samples

#: What torch raises where a network cannot be transposed for many samples at once.
_FAILURES = (RuntimeError, ValueError, TypeError, IndexError, AttributeError, KeyError)


@dataclass(frozen=True)
class Way:
    """How per-sample gradients of a network are found.

    Attributes
    ----------
    name : str
        For results, with the reason where it is not the quick one.
    as_a_whole, is_vectorised, shared
        See :class:`~nn_bridge.gradients.layerwise.LayerwisePass`.
    """

    name: str
    as_a_whole: bool = False
    is_vectorised: bool = True
    shared: tuple[tuple[bool, ...], ...] = ()

    def forward(self, network: nn.Module, inputs: Tensor) -> LayerwisePass:
        """Return the pass of ``inputs`` through ``network``."""
        return LayerwisePass(
            network,
            inputs,
            as_a_whole=self.as_a_whole,
            is_vectorised=self.is_vectorised,
            shared=self.shared,
        )

    def because(self, reason: str) -> Way:
        """Return the same way, with the reason in its name."""
        return replace(self, name=f"{self.name} ({reason})")


def choose_way(network: nn.Module, inputs: Tensor) -> Way:
    """Return the quickest way that agrees with plain autograd on a few samples.

    Raises
    ------
    InputError
        If a sample's output depends on the others in its batch ((ghost) batch normalisation in
        training mode, dropout): then per-sample gradients do not exist.
    """
    probe = tried_samples(network, inputs)
    expected, weights = _plain(network, probe)
    reason = ""
    for way in (
        Way("layer-wise per-sample norms"),
        Way("per-sample gradients by torch.func", as_a_whole=True),
    ):
        try:
            record = way.forward(network, probe)
            layers = record.gradients((record.outputs * weights).sum())
            differing = _differing(expected, layers)
        except _FAILURES as failure:
            reason = reason or str(failure).splitlines()[0]
            continue
        if differing is None:
            way = replace(way, shared=tuple(record.shared))
            return way.because(reason) if reason else way
        reason = reason or f"the layers' rules are not right for {differing}"
    last = Way("per-sample gradients one by one", as_a_whole=True, is_vectorised=False)
    return last.because(reason)


def why_no_gradients(network: nn.Module, inputs: Tensor) -> str | None:
    """Return why per-sample gradients of ``network`` do not exist, or None where they do."""
    try:
        choose_way(network, inputs)
    except InputError as refusal:
        return str(refusal)
    return None


def _plain(network: nn.Module, probe: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Return ``∂(c_μ·f_μ)/∂θ`` of each sample by itself, and the ``c``, drawn at random."""
    named = {n: p for n, p in network.named_parameters() if p.requires_grad}
    if not named:
        raise InputError("the network has no trainable parameters; unfreeze a layer")
    gradients, alone = [], []
    with torch.enable_grad(), differentiable_attention():
        together = network(probe).detach()
        generator = torch.Generator().manual_seed(0)
        weights = torch.randn(together.shape, generator=generator).to(together)
        for x, c in zip(torch.split(probe, 1), torch.split(weights, 1), strict=True):
            output = _alone(network, x, together)
            alone.append(output.detach())
            gradients.append(
                torch.autograd.grad(
                    (output * c).sum(), list(named.values()), materialize_grads=True
                )
            )
    _require_independent(network, probe, together, torch.cat(alone))
    stacked = [torch.stack(parts) for parts in zip(*gradients, strict=True)]
    return dict(zip(named, stacked, strict=True)), weights


def _alone(network: nn.Module, one: Tensor, together: Tensor) -> Tensor:
    """Return the output of one sample, if the network accepts a batch of one."""
    try:
        output: Tensor = network(one)
    except ValueError:
        return torch.full_like(together[:1], torch.nan).requires_grad_()
    return output


def _require_independent(
    network: nn.Module, probe: Tensor, together: Tensor, alone: Tensor
) -> None:
    """Refuse a network that gives samples together something else than each alone."""
    tolerance = torch.finfo(together.dtype).eps ** 0.5
    size = float(together.abs().max())
    if together.shape == alone.shape and torch.allclose(
        together, alone, rtol=tolerance, atol=tolerance * size
    ):
        return
    if together.dtype == torch.float64 or alone.isnan().any():
        raise InputError(
            "a sample's output depends on the rest of its batch (batch normalisation or dropout); "
            "per-sample gradients do not exist: use the mini-batch estimator"
        )
    # What cancels within the network may leave little to compare in single precision.
    _plain(double_copy(network), probe.double() if probe.is_floating_point() else probe)


def _differing(expected: dict[str, Tensor], layers: list[LayerGradients]) -> str | None:
    """Return the first parameter whose gradients are not those of plain autograd, or None.

    Allowed is the root of the rounding unit, of the gradient with respect to that parameter, and
    the rounding of some hundred operations, of the whole gradient.
    """
    found: dict[str, Tensor] = {}
    for layer in layers:
        found |= layer.formed()
    norms = {name: _norms(gradient) for name, gradient in expected.items()}
    whole = torch.stack(list(norms.values())).square().sum(0).sqrt()
    for name, gradient in expected.items():
        unit = torch.finfo(gradient.dtype).eps
        difference = _norms(gradient - found[name]) if name in found else norms[name]
        if not (difference <= unit**0.5 * norms[name] + 100 * unit * whole).all():
            return name
    return None


def _norms(gradients: Tensor) -> Tensor:
    norms: Tensor = torch.linalg.vector_norm(gradients.reshape(len(gradients), -1), dim=1)
    return norms
