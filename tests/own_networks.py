"""Networks of a user's own, each with something that the rules of its layers do not know."""

from __future__ import annotations

import warnings

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, prune

N = 7


class Autoencoder(nn.Module):
    """Its decoder is the transpose of its encoder."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 3)

    def forward(self, x):
        return F.linear(torch.tanh(self.a(x)), self.a.weight.T)


class Positions(nn.Module):
    """Two halves of a sample, as two samples of a layer."""

    def __init__(self, order):
        super().__init__()
        self.first, self.last, self.order = nn.Linear(2, 3), nn.Linear(6, 4), order

    def forward(self, x):
        if self.order == "folded":
            h = self.first(x.reshape(-1, 2)).reshape(len(x), 6)
        elif self.order == "time first":
            h = self.first(x.reshape(len(x), 2, 2).transpose(0, 1)).transpose(0, 1).flatten(1)
        else:
            h = torch.cat([self.first(x[:, :2]), self.first(x[:, 2:])], dim=1)
        return self.last(torch.tanh(h))


class WeightInOutput(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)

    def forward(self, x):
        return self.a(x) * self.a.weight.square().sum()


class Bare(nn.Module):
    """Parameters that belong to no layer."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.scale = nn.Parameter(torch.rand(4))

    def forward(self, x):
        return torch.tanh(self.inner(x)) * self.scale


class Transformer(nn.Module):
    """Two words of four, embedded: attention with a mask, normalisation, a tied output."""

    def __init__(self):
        super().__init__()
        self.words, self.place = nn.Embedding(4, 4), nn.Embedding(2, 4)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.norm, self.feed = nn.LayerNorm(4), nn.Linear(4, 4)
        self.register_buffer("mask", torch.tensor([[False, True], [False, False]]))

    def forward(self, x):
        h = self.words(x) + self.place(torch.arange(2).expand(x.shape))
        h = h + self.attention(h, h, h, attn_mask=self.mask, need_weights=False)[0]
        return F.linear(self.feed(self.norm(h)), self.words.weight).mean(1)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.memory, self.last = nn.GRU(2, 3, batch_first=True), nn.Linear(3, 4)

    def forward(self, x):
        return self.last(self.memory(x.reshape(len(x), 2, 2))[0][:, -1])


class Residual(nn.Module):
    """A small residual network: grouped convolution, normalisations, a layer used twice."""

    def __init__(self):
        super().__init__()
        self.enter = nn.Conv2d(1, 4, 2, padding="same", padding_mode="circular")
        self.norm, self.group = nn.BatchNorm2d(4), nn.GroupNorm(2, 4)
        self.block = nn.Conv2d(4, 4, 3, padding=1, groups=2)
        self.leave = nn.Linear(4, 4)

    def forward(self, x):
        h = F.relu(self.norm(self.enter(x.reshape(-1, 1, 2, 2))))
        for _ in range(2):
            h = h + torch.tanh(self.block(self.group(h)))
        return self.leave(h.mean((2, 3)))


def in_the_old_style(change):
    network = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        change(network[0])
    network.eval()(torch.ones(1, 4))
    return network


def two(*middle):
    return nn.Sequential(nn.Linear(4, 4), *middle, nn.Linear(4, 4))


def tied():
    network = two(nn.Tanh())
    network[2].weight = network[0].weight
    return network


def frozen_in_part():
    network = two(nn.Tanh())
    network[0].bias.requires_grad_(False)
    return network


#: Network, and how the way to its per-sample gradients is called, as far as it is sure.
OWN = {
    "normalised": (lambda: two(nn.LayerNorm(4), nn.GroupNorm(2, 4), nn.PReLU()), "layer-wise"),
    "batch norm, evaluated": (lambda: two(nn.BatchNorm1d(4)).eval(), "layer-wise"),
    "one layer twice": (lambda: Positions("twice"), "layer-wise"),
    "tied": (tied, "layer-wise"),
    "frozen in part": (frozen_in_part, "layer-wise"),
    "bare parameters": (Bare, "layer-wise"),
    "residual": (lambda: Residual().eval(), "layer-wise"),
    "autoencoder": (Autoencoder, "torch.func (the layers' rules are not right for a.weight)"),
    "folded": (lambda: Positions("folded"), "torch.func (layer first has the samples elsewhere"),
    "time first": (lambda: Positions("time first"), "torch.func (layer first has the samples"),
    "weight in the output": (WeightInOutput, "torch.func (the layers' rules are not right for"),
    "changed in place": (lambda: two(nn.ReLU(inplace=True)), "torch.func (what layer 0 saw was"),
    "transformer": (Transformer, "torch.func (the layers' rules are not right for words.weight)"),
    "recurrent": (Recurrent, "one by one"),
    "spectral norm": (lambda: in_the_old_style(nn.utils.spectral_norm), ""),
    "weight norm": (lambda: in_the_old_style(nn.utils.weight_norm), ""),
    "pruned": (lambda: in_the_old_style(lambda m: prune.l1_unstructured(m, "weight", 4)), ""),
    "parametrised": (lambda: in_the_old_style(parametrizations.weight_norm), "layer-wise"),
    "parametrised spectral": (lambda: in_the_old_style(parametrizations.spectral_norm), ""),
}  # fmt: skip


def own_problem(name, dtype=torch.float64, n_samples=N):
    """Return the network, inputs (words for the transformer) and targets, at random weights."""
    torch.manual_seed(0)
    network = OWN[name][0]().to(dtype)
    inputs, targets = torch.randn(2, n_samples, 4).to(dtype)
    if name == "transformer":
        inputs = torch.randint(0, 4, (n_samples, 2), generator=torch.Generator().manual_seed(1))
    return network, inputs, targets
