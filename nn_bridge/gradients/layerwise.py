"""What each layer of a network contributes to the gradient of every sample.

A layer with weights ``W`` and bias ``b`` that maps its input ``a`` to ``s = W a + b``, at one
position or at several (a convolution), has the per-sample gradient

    ∂ℓ_μ/∂W = Σ_t d_μt a_μtᵀ,   ∂ℓ_μ/∂b = Σ_t d_μt,   d_μt = ∂ℓ_μ/∂s_μt.

The factors ``a`` and ``d`` come from one forward and one backward pass over many samples.
Norms and scalar products of per-sample gradients follow from them without forming a gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from landscape_sim.validation import InputError
from nn_bridge.gradients.convolution import convolution_gradients


@dataclass(frozen=True)
class LayerFactors:
    """Inputs of one layer and gradients with respect to its outputs, for N samples.

    Attributes
    ----------
    name : str
        Of the layer in the network.
    layer : Linear or Conv2d
        The layer itself.
    inputs, gradients : Tensor
        ``a`` and ``d`` as the layer has them, first axis the sample.
    """

    name: str
    layer: nn.Module
    inputs: Tensor
    gradients: Tensor

    @property
    def has_bias(self) -> bool:
        """Whether the layer has a bias."""
        return self.layer.bias is not None

    @property
    def has_positions(self) -> bool:
        """Whether the layer maps several positions of a sample."""
        return isinstance(self.layer, nn.Conv2d) or self.inputs.ndim > 2

    def unit_gradients(self) -> Tensor:
        """Return ``d``, shape (N, fan-out, ...) with the positions last."""
        if isinstance(self.layer, nn.Conv2d) or not self.has_positions:
            return self.gradients
        return self.gradients.flatten(1, -2).mT

    def weight_gradients(self, d: Tensor) -> Tensor:
        """Return ``Σ_t d_t a_tᵀ`` for every sample and every column of ``d``, which it may stack.

        Parameters
        ----------
        d : Tensor, shape (N, columns, ...)
            Positions last, of a layer that has them.

        Returns
        -------
        Tensor, shape (N, columns, ...)
            The weights of one unit last.
        """
        if isinstance(self.layer, nn.Conv2d):
            return convolution_gradients(self.layer, self.inputs, d)
        return d @ self.inputs.flatten(1, -2)

    def norms_and_sum(self) -> tuple[Tensor, Tensor]:
        """Return ``|∂ℓ_μ/∂(W, b)|²`` of every sample and ``Σ_μ ∂ℓ_μ/∂(W, b)``.

        Shapes (N,) and (fan-out, fan-in), with a bias one column more. Only where a layer has
        several positions are the gradients formed: their sum costs as much anyway.
        """
        d = self.unit_gradients()
        if self.has_positions:
            gradients = self.weight_gradients(d)
            axes = tuple(range(1, gradients.ndim))
            norms = torch.linalg.vector_norm(gradients, dim=axes).square()
            weight, bias = gradients.sum(0).flatten(1), d.flatten(2).sum(2)
        else:
            norms = self.inputs.square().sum(1) * d.square().sum(1)
            weight, bias = d.T @ self.inputs, d
        if not self.has_bias:
            return norms, weight
        return norms + bias.square().sum(1), torch.hstack([weight, bias.sum(0)[:, None]])


class LayerwisePass:
    """One forward pass over N samples whose layers' inputs and outputs were kept.

    Parameters
    ----------
    network : torch.nn.Module
        Of Linear and Conv2d layers, and of any layers without parameters that treat the
        samples one by one. Layers whose parameters are frozen are no part of ``θ``.
    inputs : Tensor
        N samples.

    Raises
    ------
    InputError
        If a layer with trainable parameters has no rule, or is used twice: leaving it out
        would make every norm too small.

    Examples
    --------
    >>> layer = nn.Linear(2, 1)
    >>> record = LayerwisePass(layer, torch.tensor([[3.0, 4.0]]))
    >>> (factors,) = record.factors(record.outputs.sum())
    >>> factors.norms_and_sum()[0].item()  # |(3, 4)|² + 1
    26.0
    """

    def __init__(self, network: nn.Module, inputs: Tensor) -> None:
        self._kept: dict[str, tuple[nn.Module, Tensor, Tensor]] = {}
        self._versions: dict[str, tuple[int, int]] = {}
        layers = trainable_layers(network)
        handles = [
            layer.register_forward_hook(self._keeper(name)) for name, layer in layers.items()
        ]
        try:
            with torch.enable_grad():
                self.outputs: Tensor = network(inputs)
        finally:
            for handle in handles:
                handle.remove()
        if unused := [name for name in layers if name not in self._kept]:
            raise InputError(f"layer {unused[0]} took no part in the forward pass; freeze it")

    def factors(self, scalar: Tensor, *, keep_graph: bool = False) -> list[LayerFactors]:
        """Return the factors of ``∂scalar/∂θ``, where ``scalar`` sums over the samples."""
        outputs = [output for _, _, output in self._kept.values()]
        gradients = torch.autograd.grad(scalar, outputs, retain_graph=keep_graph)
        found = []
        for (name, (layer, a, s)), d in zip(self._kept.items(), gradients, strict=True):
            if (a._version, s._version) != self._versions[name]:
                raise InputError(f"what layer {name} saw was changed in place; use inplace=False")
            found.append(LayerFactors(name, layer, a, d))
        return found

    def _keeper(self, name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def keep(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            if name in self._kept:
                raise InputError(f"layer {name} is used twice; per-sample norms have no rule then")
            self._kept[name] = layer, inputs[0].detach(), output
            self._versions[name] = inputs[0]._version, output._version

        return keep


def trainable_layers(network: nn.Module) -> dict[str, nn.Module]:
    """Return the layers with trainable parameters by name.

    Raises
    ------
    InputError
        If there is none, or one without a rule.
    """
    layers = {}
    seen: set[int] = set()
    for name, layer in network.named_modules():
        own = [p for p in layer.parameters(recurse=False) if p.requires_grad]
        if not own:
            continue
        label = name or type(layer).__name__
        _check_layer(label, layer)
        if seen & {id(p) for p in own}:
            raise InputError(f"layer {label} shares its parameters with another; untie them")
        seen |= {id(p) for p in own}
        layers[label] = layer
    if not layers:
        raise InputError("the network has no trainable parameters; unfreeze a layer")
    return layers


def check_samples_are_independent(network: nn.Module, inputs: Tensor) -> None:
    """Refuse a network in which a sample's output depends on the others in its batch.

    Raises
    ------
    InputError
        With (ghost) batch normalisation in training mode, where per-sample gradients do not
        exist, and with dropout; also where a layer has no rule.
    """
    trainable_layers(network)
    with torch.no_grad():
        together = network(inputs[:2])
        alone = torch.vstack([_alone(network, inputs[i : i + 1]) for i in range(len(together))])
    tolerance = torch.finfo(together.dtype).eps ** 0.5
    if not torch.allclose(together, alone, rtol=tolerance, atol=tolerance):
        raise InputError(
            "a sample's output depends on the rest of its batch (batch normalisation or dropout); "
            "per-sample gradients do not exist: use the mini-batch estimator"
        )


def why_no_rule(network: nn.Module, inputs: Tensor) -> str | None:
    """Return why per-sample gradients of ``network`` are not to be had, or None where they are."""
    try:
        check_samples_are_independent(network, inputs)
        record = LayerwisePass(network, inputs[:2])
        record.factors(record.outputs.sum())
    except InputError as refusal:
        return str(refusal)
    return None


def _alone(network: nn.Module, one: Tensor) -> Tensor:
    """Return the output of one sample; batch normalisation may refuse a batch of one."""
    try:
        output: Tensor = network(one)
    except ValueError:
        return torch.full((1, 1), torch.nan, dtype=one.dtype, device=one.device)
    return output


def _check_layer(label: str, layer: nn.Module) -> None:
    # Not a subclass: it may compute something else.
    if type(layer) not in _RULES:
        raise InputError(
            f"layer {label} ({type(layer).__name__}) has parameters and no rule for per-sample "
            "gradients; use the mini-batch estimator, or freeze the layer"
        )
    if not all(p.requires_grad for p in layer.parameters(recurse=False)):
        raise InputError(f"layer {label} is frozen in part; freeze or train all of it")
    if isinstance(layer, nn.Conv2d) and (layer.groups > 1 or layer.padding_mode != "zeros"):
        raise InputError(f"layer {label}: no rule for groups or for padding other than zeros")
    if isinstance(layer, nn.Conv2d) and isinstance(layer.padding, str):
        raise InputError(f"layer {label}: state the padding as a number, not {layer.padding!r}")


_RULES = (nn.Linear, nn.Conv2d)
