"""What can be neither trained nor measured is refused at once; what can, is left as it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import nn_bridge as nb
from landscape_sim.validation import InputError
from nn_bridge.training.parallel_runs import ParallelRuns

SGD = nb.SgdSettings(0.1, 6)
X = torch.randn(24, 3, generator=torch.Generator().manual_seed(0))
Y = X.sum(1).tanh()
MEASURES = {
    "train": lambda network, data: nb.train(network, data, SGD, 2),
    "noise": lambda network, data: nb.measure_noise(network, data, SGD, nb.NoiseSettings(2)),
    "curvature": lambda network, data: nb.measure_curvature(
        network, data, SGD, nb.CurvatureSettings(4, 4, 5)
    ),
    "decoupling": nb.measure_decoupling,
    "escape": lambda network, data: nb.measure_escape(
        network, data, SGD, nb.EscapeSettings((1.5, 2.0), 4, 4, 2, 4)
    ),
    "replicas": lambda network, data: ParallelRuns(network, nb.as_dataset(data), SGD, 2),
}
everywhere = pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)


def net(*layers, dtype=torch.float32):
    torch.manual_seed(0)
    middle = layers or (nn.Tanh(),)
    return nn.Sequential(nn.Linear(3, 4), *middle, nn.Linear(4, 1)).to(dtype)


class Changing(nn.Module):
    """A network that is another one every time."""

    def __init__(self, how):
        super().__init__()
        self.layer, self.how = nn.Linear(3, 2), how
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, x):
        if self.how == "dropout":
            return F.dropout(self.layer(x).sum(1, keepdim=True), 1e-6)
        if self.how == "numpy":
            return self.layer(x)[:, :1] + float(np.random.default_rng().random())
        if self.how == "buffer":
            self.seen += 1
            return self.layer(x)[:, :1]
        return self.layer(x.mul_(1.0))[:, :1]


class Returning(nn.Module):
    """A network that gives back what it should not."""

    def __init__(self, change):
        super().__init__()
        self.layer, self.change = nn.Linear(3, 1), change

    def forward(self, x):
        return self.change(self.layer(x))


def frozen():
    return net().requires_grad_(False)


def not_finite():
    network = net()
    with torch.no_grad():
        network[0].weight[0, 0] = torch.nan
    return network


REFUSED = {
    "inputs in double": (net, (X.double(), Y), r"float32 and own data in torch\.float64"),
    "targets in double": (net, (X, Y.double()), r"float32 and own data in torch\.float64"),
    "network in double": (lambda: net(dtype=torch.float64), (X, Y), r"float64 and own data in"),
    "half": (lambda: net(dtype=torch.float16), (X.half(), Y.half()), r"network\.float\(\)"),
    "no samples": (net, (X[:0], Y[:0]), "no samples"),
    "inputs not finite": (net, (X / 0 * 0, Y), "inputs of own data are not all finite"),
    "targets not finite": (net, (X, Y * torch.nan), "targets of own data are not all finite"),
    "arrays": (net, (X.numpy(), Y.numpy()), "give tensors"),
    "frozen": (frozen, (X, Y), "no trainable parameters"),
    "no module": (lambda: torch.tanh, (X, Y), r"must be a torch\.nn\.Module"),
    "weights not finite": (not_finite, (X, Y), r"0\.weight of the network is not finite"),
    "output not finite": (
        lambda: Returning(lambda f: f / 0 - f / 0),
        (X, Y),
        "output is not finite",
    ),
    "one axis": (lambda: Returning(lambda f: f[:, 0]), (X, Y), r"shape \(N, K\).* got \(3,\)"),
    "four axes": (lambda: Returning(lambda f: f[:, :, None, None]), (X, Y), r"got \(3, 1, 1, 1\)"),
    "a tuple": (lambda: Returning(lambda f: (f,)), (X, Y), r"shape \(N, K\).* got tuple"),
    "integers": (net, ((5 * X).long(), Y), "does not take inputs"),
}


@everywhere
@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_in_one_line_and_nothing_is_changed(measure, case):
    make, data, message = REFUSED[case]
    with pytest.raises(InputError, match=message) as refusal:
        measure(make(), data)
    assert len(str(refusal.value).splitlines()) == 1


@everywhere
def test_without_gradients_it_is_refused(measure):
    with torch.no_grad(), pytest.raises(InputError, match="gradients are switched off"):
        measure(net(), (X, Y))


@pytest.mark.parametrize("layer", [nn.Dropout, lambda: nn.BatchNorm1d(4)])
@everywhere
def test_what_is_measured_must_be_a_function_of_the_weights(measure, layer):
    if measure is MEASURES["train"]:
        assert measure(net(layer()), (X, Y)).is_complete
        return
    network, random = net(layer()), torch.get_rng_state()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with pytest.raises(InputError, match=r"layer 1 .* training mode.*call network\.eval\(\)"):
        measure(network, (X, Y))
    assert torch.equal(random, torch.get_rng_state())
    assert all(torch.equal(before[name], v) for name, v in network.state_dict().items())
    assert network.training


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("dropout", "draws random numbers"),
        ("numpy", "two passes over the same samples differ"),
        ("buffer", r"changes its own seen"),
        ("in place", r"changes its inputs in place"),
    ],
)
@everywhere
def test_what_is_measured_must_be_the_same_the_second_time(measure, how, message):
    network = Changing(how)
    if measure is MEASURES["train"]:
        return
    with pytest.raises(InputError, match=message) as refusal:
        measure(network, (X, Y))
    assert len(str(refusal.value).splitlines()) == 1
    assert network.seen == 0


LOSSES = {
    "a mean": (
        lambda f, y: (f - y).square().mean(),
        r"one number a sample, shape \(3,\), got \(\)",
    ),
    "many": (lambda f, y: (f - y).square(), r"got \(3, 1\)"),
    "a list": (lambda f, y: [0.0], "got <class 'list'>"),
    "over the batch": (lambda f, y: (f - y).square().sum(1) / len(f), "depends on the samples"),
    "detached": (lambda f, y: (f - y).square().sum(1).detach(), "has no gradient"),
    "not finite": (lambda f, y: f.sum(1) / 0, "is not finite"),
    "of classes": (lambda f, y: F.nll_loss(f, y, reduction="none"), "cannot be applied"),
}


@pytest.mark.parametrize("name", ["train", "noise", "curvature", "escape"])
@pytest.mark.parametrize("case", LOSSES)
def test_a_loss_must_be_one_number_a_sample(name, case):
    function, message = LOSSES[case]
    sgd = nb.SgdSettings(0.1, 6, nb.register_loss(function))
    measures = {
        "train": lambda: nb.train(net(), (X, Y), sgd, 1),
        "noise": lambda: nb.measure_noise(net(), (X, Y), sgd, nb.NoiseSettings(1)),
        "curvature": lambda: nb.measure_curvature(net(), (X, Y), sgd),
        "escape": lambda: nb.measure_escape(net(), (X, Y), sgd),
    }
    with pytest.raises(InputError, match=message) as refusal:
        measures[name]()
    assert len(str(refusal.value).splitlines()) == 1


def test_a_loss_of_ones_own_is_trained_and_measured():
    def half_square(outputs, targets):
        return 0.5 * (outputs - targets).square().sum(1)

    networks, rows = [net(dtype=torch.float64) for _ in range(2)], []
    for network, loss in zip(networks, ("mean-square", nb.register_loss(half_square)), strict=True):
        sgd, data = nb.SgdSettings(0.1, 6, loss), (X.double(), Y.double())
        nb.train(network, data, sgd, 2)
        noise = nb.measure_noise(network, data, sgd, nb.NoiseSettings(2))
        curvature = nb.measure_curvature(network, data, sgd, nb.CurvatureSettings(3, 4, 5))
        rows.append((noise.table(), curvature.table("eigenvalues")))
        assert network[0].weight.dtype == torch.float64
    assert torch.equal(networks[0][0].weight, networks[1][0].weight)
    assert rows[0][0].equals(rows[1][0])
    np.testing.assert_allclose(rows[0][1].eigenvalue, rows[1][1].eigenvalue, rtol=1e-9)
    assert nb.register_loss(half_square) == "half_square"
    assert nb.register_loss(lambda f, y: f[:, 0]) != nb.register_loss(lambda f, y: f[:, 0])
    with pytest.raises(InputError, match="loss must be a name, got function; register_loss"):
        nb.SgdSettings(0.1, 6, half_square)
    with pytest.raises(InputError, match=r"'huber' is unknown; .* register_loss"):
        nb.train(net(), (X, Y), nb.SgdSettings(0.1, 6, "huber"), 1)


def test_batches_of_all_samples_have_no_noise():
    whole, data = nb.SgdSettings(0.1, 24), (X, Y)
    with pytest.raises(InputError, match="24 is the number of samples: there is no noise"):
        nb.measure_escape(net(), data, whole)
    found = nb.measure_curvature(net(), data, whole, nb.CurvatureSettings(4, 4, 5))
    assert found.table()["exponent"].isna().all()
    assert any("there is no noise, and no exponent" in line for line in found.sentences())
    for measure in (nb.measure_escape, nb.measure_curvature):
        with pytest.raises(InputError, match="batch_size 25 is beyond the 24 samples"):
            measure(net(), data, nb.SgdSettings(0.1, 25))


def test_samples_of_a_loader_are_measured_as_tensors_are():
    pairs = torch.utils.data.TensorDataset(X, Y[:, None])
    loader = torch.utils.data.DataLoader(pairs, batch_size=5, shuffle=True, drop_last=True)
    assert torch.equal(nb.as_dataset(loader).inputs, X)
    own = torch.utils.data.DataLoader(pairs, collate_fn=lambda samples: samples)
    with pytest.raises(InputError, match="give its samples as two tensors"):
        nb.as_dataset(own)


def test_dropout_that_is_switched_off_is_measured():
    off, without = net(nn.Dropout(0.5)).eval(), net(nn.Identity())
    table = MEASURES["curvature"](off, (X, Y)).table()
    assert table.equals(MEASURES["curvature"](without, (X, Y)).table())


def test_losses_along_a_training_leave_running_statistics_alone():
    network, twin = net(nn.BatchNorm1d(4)), net(nn.BatchNorm1d(4))
    nb.train(network, (X, Y), SGD, 0)
    assert all(map(torch.equal, network.buffers(), twin.buffers()))
    assert network.training


@pytest.mark.parametrize("name", ["train", "noise", "curvature", "escape"])
def test_integer_inputs_are_kept(name):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Embedding(10, 2), nn.Flatten(), nn.Linear(6, 1))
    words = (3 * X.abs()).long().clamp(max=9)
    assert MEASURES[name](network, (words, Y)).is_complete
