"""The paper's networks, with Glorot initialisation from a seed of their own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import torch
from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt
from torch import nn

from landscape_sim.validation import InputError, require_count
from nn_bridge.memory import require_memory
from nn_bridge.training.generators import generator_of
from nn_bridge.training.ghost_batch_norm import GhostBatchNorm

#: Hidden units of each layer, or channels of the first stack, where no width is given.
DEFAULT_WIDTHS = {"mlp-100": 100, "fc": 2000, "cnn": 64}
#: Name of a fully connected network whose layers are chosen one by one.
MLP = "mlp"
_NAMES = (*DEFAULT_WIDTHS, MLP)
#: Name of a network that the user built.
OWN = "own"
#: Its weights could be counted still.
_WIDEST = 2**20


class NetworkSpec(BaseModel):
    """The arguments of :func:`~nn_bridge.training.networks.build_network`.

    ``name`` is :data:`OWN` for a network of the user's; its other fields then say nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = OWN
    width: int | None = None
    ghost_batch_size: int | None = None
    seed: NonNegativeInt = 0
    hidden: tuple[int, ...] | None = None
    n_inputs: PositiveInt = 784
    n_outputs: PositiveInt = 1

    @property
    def label(self) -> str:
        """Its layers, or name and, if one was chosen, width, for titles."""
        if self.name == MLP:
            return "–".join(map(str, (self.n_inputs, *(self.hidden or ()), self.n_outputs)))
        return self.name if self.width is None else f"{self.name}, width {self.width}"

    def build(self, dtype: torch.dtype = torch.float32) -> nn.Sequential:
        """Return the network, freshly initialised.

        Raises
        ------
        InputError
            If it is a network of the user's.
        """
        if self.name == OWN:
            raise InputError(
                "the checkpoint is of a network of your own; build it and fill it with "
                "Checkpoint.restore"
            )
        return build_network(
            self.name,
            width=self.width,
            ghost_batch_size=self.ghost_batch_size,
            seed=self.seed,
            dtype=dtype,
            hidden=self.hidden,
            n_inputs=self.n_inputs,
            n_outputs=self.n_outputs,
        )

    def require_built(self, network: nn.Module) -> None:
        """Refuse a network that cannot have been built so: its weights have other shapes.

        Raises
        ------
        InputError
            With the first weight that differs.
        """
        if self.name == OWN:
            return
        if self.name not in _NAMES:
            raise InputError(f"network {self.name!r} is unknown; leave the origin out")
        with torch.device("meta"):
            built = _layers(self).state_dict()
        own = network.state_dict()
        for name in sorted(own.keys() | built.keys()):
            shapes = [tuple(w[name].shape) if name in w else None for w in (own, built)]
            if shapes[0] != shapes[1]:
                raise InputError(
                    f"the network is no {self.label} as its origin says: {name} has shape "
                    f"{shapes[0]}, there {shapes[1]}; leave the origin out"
                )

    @property
    def units(self) -> int:
        """Hidden units of each layer, or channels of the first stack."""
        return DEFAULT_WIDTHS[self.name] if self.width is None else self.width


class BuiltNetwork(nn.Sequential):
    """A network of :func:`build_network`, which knows how to build it again."""

    spec: NetworkSpec = NetworkSpec()


# Wide: what distinguishes one network of the paper from another.
def build_network(
    name: str,
    *,
    width: int | None = None,
    ghost_batch_size: int | None = None,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
    hidden: Sequence[int] | None = None,
    n_inputs: int = 784,
    n_outputs: int = 1,
) -> BuiltNetwork:
    """Return a network of the paper, Glorot-initialised.

    * "mlp-100": 784–100–100–1, experiment 5.1.
    * "fc": 784–w–w–w–10, experiment 5.2, ``w = 2000``.
    * "cnn": three 3×3 convolutions each of w, 2w and 4w channels, stride 1 and padding 1,
      MaxPool(2) after each three, then linear to 10 outputs; experiment 5.2, ``w = 64``.
      (The paper does not state the padding; this one keeps the image's size.)
    * "mlp": fully connected with the ``hidden`` layers; of the paper are 784–10–1 (5.3.2) and
      784–100–100–100–1 (5.4).

    ReLU after every layer but the last. Layers are Linear, Conv2d, ReLU, MaxPool2d, Flatten
    and, before each ReLU if asked for,
    :class:`~nn_bridge.training.ghost_batch_norm.GhostBatchNorm`.

    Parameters
    ----------
    name : str
    width : int, optional
        ``w`` above; fixed for "mlp-100".
    ghost_batch_size : int, optional
        Samples a group of ghost batch normalisation; without it there is none.
    seed : int
        Of the initial weights. They are drawn in float32, so that both dtypes begin alike.
    dtype : torch.dtype
    hidden : sequence of int
        Units of each hidden layer of "mlp", and of no other.
    n_inputs, n_outputs : int
        Of "mlp".

    Raises
    ------
    InputError
        If the name is unknown, the width is no positive integer, or the weights would not fit
        into the memory.

    Examples
    --------
    >>> count_parameters(build_network("mlp-100"))
    88701
    """
    _require_shape(name, width, hidden)
    spec = NetworkSpec(
        name=name,
        width=width,
        ghost_batch_size=ghost_batch_size,
        seed=seed,
        hidden=None if hidden is None else tuple(hidden),
        n_inputs=n_inputs,
        n_outputs=n_outputs,
    )
    # Without storage: counted before it is allocated.
    with torch.device("meta"):
        n_parameters = count_parameters(_layers(spec))
    require_memory(
        n_parameters * (dtype.itemsize + torch.float32.itemsize),
        f"a network of {n_parameters} parameters",
        "choose a smaller width",
    )
    network = _layers(spec)
    glorot_initialise(network, seed)
    network.spec = spec
    return network.to(dtype)


def _require_shape(name: str, width: int | None, hidden: Sequence[int] | None) -> None:
    """Refuse a name that is unknown, and layers that it does not have."""
    if name not in _NAMES:
        raise InputError(f"network {name!r} is unknown; choose one of {', '.join(_NAMES)}")
    if name == MLP:
        if width is not None:
            raise InputError(f"mlp has no one width, got {width}; give the hidden layers, e.g. 10")
        if not hidden:
            raise InputError("mlp needs its hidden layers, e.g. 10 or 100,100,100")
        for units in hidden:
            _require_units("hidden", units)
        return
    if hidden is not None:
        raise InputError(f"{name} has hidden layers of its own; use mlp to choose them")
    if name == "mlp-100" and width not in (None, 100):
        raise InputError(f"mlp-100 has a width of 100, got {width}; use mlp for another")
    if width is not None:
        _require_units("width", width)


def _require_units(name: str, units: int) -> None:
    if require_count(name, units) > _WIDEST:
        raise InputError(f"{name} must not exceed {_WIDEST}, got {units}; choose a smaller one")


def _layers(spec: NetworkSpec) -> BuiltNetwork:
    if spec.name == "cnn":
        return BuiltNetwork(*_convolutional(spec.units, spec.ghost_batch_size))
    if spec.name == MLP:
        sizes = (spec.n_inputs, *(spec.hidden or ()), spec.n_outputs)
    elif spec.name == "mlp-100":
        sizes = (784, 100, 100, 1)
    else:
        sizes = (784, spec.units, spec.units, spec.units, 10)
    return BuiltNetwork(*_fully_connected(sizes, spec.ghost_batch_size))


def glorot_initialise(network: nn.Module, seed: int) -> None:
    """Draw the weights of every linear layer and convolution anew; their biases become zero.

    Weights are uniform on ``±sqrt(6 / (fan_in + fan_out))``.

    References
    ----------
    X. Glorot, Y. Bengio, AISTATS 2010, Eq. (16).
    """
    generator = generator_of(seed)
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
            nn.init.xavier_uniform_(layer.weight, generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def count_parameters(network: nn.Module) -> int:
    """Return P, the number of trainable parameters."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


def _fully_connected(sizes: tuple[int, ...], ghost_batch_size: int | None) -> Iterator[nn.Module]:
    yield nn.Flatten()
    for n_inputs, n_outputs in itertools.pairwise(sizes[:-1]):
        yield nn.Linear(n_inputs, n_outputs)
        yield from _activation(n_outputs, ghost_batch_size)
    yield nn.Linear(sizes[-2], sizes[-1])


def _convolutional(width: int, ghost_batch_size: int | None) -> Iterator[nn.Module]:
    n_inputs = 3
    for n_channels in (width, 2 * width, 4 * width):
        for _ in range(3):
            yield nn.Conv2d(n_inputs, n_channels, kernel_size=3, padding=1)
            yield from _activation(n_channels, ghost_batch_size)
            n_inputs = n_channels
        yield nn.MaxPool2d(2)
    yield nn.Flatten()
    # 32 pixels halved three times leave 4 × 4.
    yield nn.Linear(n_inputs * 16, 10)


def _activation(n_features: int, ghost_batch_size: int | None) -> Iterator[nn.Module]:
    if ghost_batch_size is not None:
        yield GhostBatchNorm(n_features, ghost_batch_size)
    yield nn.ReLU()
