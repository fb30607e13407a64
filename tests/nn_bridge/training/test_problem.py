"""What can be neither trained nor measured is refused at once; what can, is left as it was."""

from __future__ import annotations

import pytest
import torch
from torch import nn

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
        network, data, SGD, nb.CurvatureSettings(4, 2, 5)
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


class Returning(nn.Module):
    """A network that gives back what it should not."""

    def __init__(self, change):
        super().__init__()
        self.layer, self.change = nn.Linear(3, 1), change

    def forward(self, x):
        return self.change(self.layer(x))


def frozen():
    return net().requires_grad_(False)


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
    "one axis": (lambda: Returning(lambda f: f[:, 0]), (X, Y), r"shape \(N, K\).* got \(1,\)"),
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
