"""A network of several inputs: every measurement as plain loops over its samples say."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

import nn_bridge as nb
from landscape_sim.validation import InputError
from nn_bridge.curvature.hessian import hessian_operator
from nn_bridge.data.own_data import as_dataset
from nn_bridge.training.several_inputs import taking_one_tensor
from nn_bridge.training.sgd import batch_indices

N, ETA = 20, 0.05


class WordAndNumbers(nn.Module):
    """A word, embedded, beside numbers, and a parameter that is in no layer."""

    def __init__(self):
        super().__init__()
        self.words, self.last = nn.Embedding(5, 3), nn.Linear(5, 1)
        self.scale = nn.Parameter(torch.tensor([1.5]))

    def forward(self, word, numbers):
        return self.scale * self.last(torch.tanh(torch.cat((self.words(word), numbers), dim=1)))


@pytest.fixture
def given():
    """Return a network and data in double precision, the same every time."""
    torch.manual_seed(0)
    network = WordAndNumbers().double()
    inputs = torch.randint(0, 5, (N,)), torch.randn(N, 2, dtype=torch.float64)
    return network, (inputs, torch.randn(N, 1, dtype=torch.float64))


def loss_of(network, data, samples=slice(None)):
    (words, numbers), targets = data
    return 0.5 * (network(words[samples], numbers[samples]) - targets[samples]).square().mean()


def gradient(network, data, samples=slice(None), **more):
    slopes = torch.autograd.grad(loss_of(network, data, samples), [*network.parameters()], **more)
    return torch.cat([slope.flatten() for slope in slopes])


def noise_strength(network, data):
    each = torch.stack([gradient(network, data, [number]) for number in range(N)])
    return float(each.square().sum(1).mean() - gradient(network, data).square().sum())


def test_noise_along_a_run_is_that_of_a_plain_loop(given):
    network, data = given
    plain = copy.deepcopy(network)
    found = nb.measure_noise(network, data, nb.SgdSettings(ETA, 4), nb.NoiseSettings(3))
    for epoch, strength in enumerate(found.table("noise")["noise_strength"]):
        assert strength == pytest.approx(noise_strength(plain, data), rel=1e-10)
        with torch.no_grad():
            for batch in batch_indices(N, 4, 0, epoch):
                with torch.enable_grad():
                    slopes = torch.autograd.grad(
                        loss_of(plain, data, torch.from_numpy(batch)), [*plain.parameters()]
                    )
                for parameter, slope in zip(plain.parameters(), slopes, strict=True):
                    parameter -= ETA * slope
    # A network that is told other words has another noise: the check sees the inputs' order.
    (words, numbers), targets = data
    other = (words.flip(0), numbers), targets
    last = found.table("noise")["noise_strength"].iloc[-1]
    assert noise_strength(network, data) == pytest.approx(last, rel=1e-10)
    assert noise_strength(network, other) != pytest.approx(last, rel=1e-2)


def test_products_with_the_hessian_are_those_of_plain_autograd(given):
    network, data = given
    dataset = as_dataset(data)
    operator = hessian_operator(taking_one_tensor(network, dataset), dataset)
    vector = torch.randn(operator.shape[0], dtype=torch.float64)
    slope = gradient(network, data, create_graph=True)
    product = torch.autograd.grad(slope @ vector, [*network.parameters()])
    expected = torch.cat([part.flatten() for part in product])
    np.testing.assert_allclose(operator @ vector.numpy(), expected.numpy(), rtol=1e-10, atol=1e-13)


def test_curvature_calls_layers_as_the_user_does(given):
    settings = nb.CurvatureSettings(3, n_probes=4, n_steps=3, by_layer=True)
    found = nb.measure_curvature(*given, nb.SgdSettings(ETA, 4), settings)
    assert found.table("layers")["layer"].tolist() == ["network", "words", "last"]


def test_replicas_escape_as_plain_loops_do(given):
    network, data = given
    settings = nb.EscapeSettings((1e9,), n_replicas=2, max_steps=12, n_eigenvalues=2,
                                 n_directions=0)  # fmt: skip
    found = nb.measure_escape(network, data, nb.SgdSettings(ETA, 3, seed=7), settings)
    start = loss_of(network, data).item()
    for replica, ratios in enumerate(found.losses.ratios):
        plain, seen = copy.deepcopy(network), []
        stream = int(np.random.SeedSequence([7, replica]).generate_state(1, np.uint64)[0])
        batches = [batch for epoch in (0, 1) for batch in batch_indices(N, 3, stream, epoch)]
        for batch in batches[:12]:
            slopes = torch.autograd.grad(
                loss_of(plain, data, torch.from_numpy(batch)), [*plain.parameters()]
            )
            with torch.no_grad():
                for parameter, slope in zip(plain.parameters(), slopes, strict=True):
                    parameter -= ETA * slope
            seen.append(loss_of(plain, data).item() / start)
        np.testing.assert_allclose(ratios, seen, rtol=1e-10)


def test_a_loop_of_ones_own_records_what_a_run_measures(given):
    network, data = given
    record = nb.NoiseRecord(network, data, nb.SgdSettings(ETA, N))
    assert record.record().noise_strength == pytest.approx(noise_strength(network, data), rel=1e-10)
    with torch.no_grad():
        network.words.weight *= 2
    assert record.record().noise_strength == pytest.approx(noise_strength(network, data), rel=1e-10)


def test_training_goes_on_from_the_disk_with_weights_by_their_own_names(given, tmp_path):
    network, data = given
    fresh = copy.deepcopy(network)
    sgd = nb.SgdSettings(ETA, 4)
    nb.train(copy.deepcopy(network), data, sgd, 2, out=tmp_path / "run")
    nb.resume_training(tmp_path / "run", 4, network=network, data=data)
    nb.train(fresh, data, sgd, 4)
    saved = nb.read_checkpoint(tmp_path / "run" / "checkpoints" / "epoch-00004.safetensors")
    assert saved.weights.keys() == network.state_dict().keys()
    for name, value in fresh.state_dict().items():
        assert torch.equal(network.state_dict()[name], value)
        assert torch.equal(saved.weights[name], value)


def test_the_other_measurements_take_it_and_a_minimum_is_the_users_own_network(given):
    network, data = given
    sgd = nb.SgdSettings(ETA, 4)
    raised = nb.measure_stability(
        network, data, sgd, nb.StabilitySettings(nb.Schedule(0.01, 0.02, 2))
    )
    assert raised.start.loss == pytest.approx(loss_of(network, data).item())
    spectra = nb.measure_decoupling(network, data)
    assert spectra.table()["loss"].iloc[0] == pytest.approx(loss_of(network, data).item())
    linear = Difference().double()
    minimum = nb.find_minimum(linear, data)
    assert isinstance(minimum.network, Difference)
    assert gradient(minimum.network, data).norm() < 1e-9


class Difference(nn.Module):
    """Linear in both inputs."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(3, 1)

    def forward(self, word, numbers):
        return self.last(torch.cat((word[:, None].to(numbers), numbers), dim=1))


def test_a_forward_that_takes_something_else_is_refused(given):
    (words, numbers), targets = given[1]
    sgd = nb.SgdSettings(ETA, 4)
    with pytest.raises(InputError, match=r"shape \(\) and \(2,\) of own data.*what its forward"):
        nb.train(nn.Linear(3, 1), ((words, numbers.float()), targets.float()), sgd, 1)
    with pytest.raises(InputError, match=r"of several inputs as \(\(x1, x2\), targets\)"):
        nb.train(WordAndNumbers(), (numbers.float(), targets.float()), sgd, 1)
