"""Small networks in double precision, and gradients by the plainest loop over samples."""

from __future__ import annotations

import torch
from torch import nn

from nn_bridge.training.losses import cross_entropy, mean_square
from nn_bridge.training.networks import glorot_initialise

LOSSES = {"mean-square": mean_square, "cross-entropy": cross_entropy}


def fully_connected(n_outputs=3):
    return nn.Sequential(
        nn.Flatten(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4, bias=False), nn.ReLU(),
        nn.Linear(4, n_outputs),
    )  # fmt: skip


def convolutional():
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(3, 4, 2, stride=2, dilation=1, bias=False), nn.ReLU(),
        nn.Flatten(), nn.Linear(4 * 4, 3),
    )  # fmt: skip


NETWORKS = {
    "linear": (lambda: nn.Linear(6, 3), (6,)),
    "fully connected": (fully_connected, (1, 2, 3)),
    "convolutional": (convolutional, (2, 8, 8)),
    "over a sequence": (lambda: nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Flatten(),
                                              nn.Linear(9, 3)), (3, 2)),
}  # fmt: skip


def problem(name, n_samples=13, seed=0):
    """Return a network with random biases, inputs and one-hot targets."""
    make, shape = NETWORKS[name]
    network = make().double()
    glorot_initialise(network, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 1:
                parameter.normal_(generator=generator)
    inputs = torch.randn(n_samples, *shape, generator=generator, dtype=torch.float64)
    labels = torch.randint(0, 3, (n_samples,), generator=generator)
    return network, inputs, nn.functional.one_hot(labels, 3).double()


def flat_gradient(scalar, network):
    parameters = [p for p in network.parameters() if p.requires_grad]
    gradients = torch.autograd.grad(scalar, parameters, retain_graph=True)
    return torch.cat([gradient.flatten() for gradient in gradients])


def per_sample_gradients(network, inputs, targets, loss):
    """Return ∇ℓ_μ, shape (N, P), one sample at a time."""
    samples = zip(torch.split(inputs, 1), torch.split(targets, 1), strict=True)
    return torch.stack([flat_gradient(loss(network(x), y).sum(), network) for x, y in samples])


def output_jacobian(network, inputs):
    """Return ∇f_k(x_μ), shape (N K, P), one output of one sample at a time."""
    outputs = (network(x)[0] for x in torch.split(inputs, 1))
    return torch.stack([flat_gradient(f, network) for output in outputs for f in output])
