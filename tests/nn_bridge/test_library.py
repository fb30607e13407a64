"""nn_bridge as a library: any network, any data, and a result with tables and figure."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import torch
import xarray as xr
from safetensors.torch import load_file
from torch import nn

import nn_bridge as nb
from landscape_sim.validation import InputError
from nn_bridge.measurements import cross_check as cross_check_module
from nn_bridge.measurements.cross_check import read_escape
from nn_bridge.measurements.matching_valleys import Valley
from nn_bridge.training.sgd import descend, full_loss

SGD = nb.SgdSettings(learning_rate=0.1, batch_size=5)


class Bump(nn.Module):
    """A network that no list of layers describes."""

    def __init__(self):
        super().__init__()
        self.widths = nn.Linear(1, 4)
        self.heights = nn.Linear(4, 1)

    def forward(self, x):
        return self.heights(torch.exp(-self.widths(x).square()))


def bump(seed=0):
    torch.manual_seed(seed)
    return Bump()


def data(n=40):
    x = torch.linspace(-2, 2, n)[:, None]
    return x, torch.exp(-x.square()) + 0.1 * torch.cos(37 * x)


def test_every_public_name_is_there():
    assert set(nb.__all__) <= set(dir(nb))
    assert all(getattr(nb, name).__doc__ for name in nb.__all__)
    with pytest.raises(AttributeError, match="no attribute 'measure_everything'"):
        nb.measure_everything  # noqa: B018


def test_training_is_that_of_plain_sgd_and_its_history_is_complete(tmp_path):
    network, twin, steps = bump(), bump(), []
    history = nb.train(network, data(), SGD, 3, progress=steps.append)
    losses = descend(twin, nb.as_dataset(data()), SGD, 3)
    assert history.table()["batch_loss"].tolist() == losses
    for one, other in zip(network.parameters(), twin.parameters(), strict=True):
        assert torch.equal(one, other)
    assert (steps[-1].done, steps[-1].total) == (3 * 8, 3 * 8)
    dataset = history.dataset()
    assert dataset["checkpoint"].values.tolist() == [0, 3]
    assert float(dataset["loss"][-1]) == full_loss(network, nb.as_dataset(data()))
    assert history.plot().axes[0].get_title() == "own on own data, η = 0.1, B = 5"
    record = json.loads((history.save(tmp_path / "h") / "run.json").read_text(encoding="utf-8"))
    assert (record["is_complete"], record["seeds"]) == (True, {"batches": 0})


def test_a_folder_has_the_same_history_and_checkpoints(tmp_path):
    history = nb.train(bump(), data(), SGD, 3, out=tmp_path / "run", keep=[1])
    again = nb.train(bump(), data(), SGD, 3)
    assert history.table().equals(again.table())
    assert [found.epoch for found in history.kept] == [1, 3]
    assert history.kept[1].loss == again.kept[1].loss
    with pytest.raises(InputError, match="network of your own"):
        nb.resume_training(tmp_path / "run", 5)
    with pytest.raises(InputError, match="data of your own"):
        nb.resume_training(tmp_path / "run", 5, network=bump())
    with pytest.raises(InputError, match="not those of the run"):
        nb.resume_training(tmp_path / "run", 5, network=bump(), data=data(41))
    network, twin = bump(7), bump()
    onward = nb.resume_training(str(tmp_path / "run"), 5, network=network, data=data())
    assert onward.record.losses == nb.train(twin, data(), SGD, 5).record.losses
    assert all(map(torch.equal, network.parameters(), twin.parameters()))


def test_a_network_that_was_built_here_is_resumed_without_more_words(tmp_path):
    images = torch.rand(20, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    slow = nb.SgdSettings(0.001, 5)
    pair, network = (images, images.mean((1, 2, 3))), nb.build_network("mlp-100", seed=3)
    history = nb.train(network, pair, slow, 1, out=tmp_path / "run")
    assert history.record.network == nb.NetworkSpec(name="mlp-100", seed=3)
    onward = nb.resume_training(tmp_path / "run", 2, data=pair)
    again = nb.train(nb.build_network("mlp-100", seed=3), pair, slow, 2)
    assert onward.record.losses == again.record.losses
    wrong = nb.WeightsOrigin(nb.NetworkSpec(name="cnn"))
    for origin, message in ((wrong, "no cnn"), (nb.WeightsOrigin(epoch=7), "at epoch 7")):
        with pytest.raises(InputError, match=message):
            nb.train(network, pair, slow, 1, out=tmp_path / "wrong", origin=origin)
    network.append(torch.nn.Linear(1, 1))
    assert nb.train(network, pair, slow, 1).record.network == nb.NetworkSpec()


@pytest.mark.parametrize(
    ("epochs", "given", "message"),
    [
        (-1, {}, "epochs must be"),
        (1.5, {}, "epochs must be"),
        (3, {"keep": [1]}, "no folder"),
        (3, {"keep": [-1], "out": "run"}, "keep must be an integer of at least 0"),
    ],
)
def test_epochs_that_a_training_cannot_have_are_refused(
    tmp_path, monkeypatch, epochs, given, message
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        nb.train(bump(), data(), SGD, epochs, **given)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_returns_the_epochs_that_were_done():
    network = bump()

    def stop(step):
        if step.note.startswith("epoch 2"):
            raise KeyboardInterrupt

    history = nb.train(network, data(), SGD, 9, progress=stop)
    assert not history.is_complete
    assert history.record.epoch == 2
    assert history.kept[-1].loss == full_loss(network, nb.as_dataset(data()))


@pytest.mark.parametrize("in_folder", [False, True])
def test_ctrl_c_within_an_epoch_goes_back_to_the_end_of_the_last(tmp_path, in_folder):
    network, twin = bump(), bump()
    out = tmp_path / "run" if in_folder else None

    def stop(step):
        if step.done == 2 * 8 + 3:
            raise KeyboardInterrupt

    history = nb.train(network, data(), SGD, 5, progress=stop, out=out)
    done = nb.train(twin, data(), SGD, 2)
    assert history.record.losses == done.record.losses
    assert all(map(torch.equal, network.parameters(), twin.parameters()))
    if out is None:
        assert history.kept == done.kept
    else:
        latest = load_file(out / "checkpoints" / "latest.safetensors")
        assert all(torch.equal(latest[name], p) for name, p in twin.named_parameters())


def test_ctrl_c_within_the_first_epoch_leaves_the_network_as_it_was():
    network, twin = bump(), bump()

    def stop(step):
        if step.done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nb.train(network, data(), SGD, 5, progress=stop)
    assert all(map(torch.equal, network.parameters(), twin.parameters()))


def test_decoupling_of_one_network_and_of_several():
    start, end = bump(), bump(1)
    both = nb.measure_decoupling({0: start, 7: end}, data())
    assert both.table()["epoch"].tolist() == [0, 7]
    one = nb.measure_decoupling(end, data())
    np.testing.assert_array_equal(one.dataset()["exact"][0], both.dataset()["exact"][1])
    assert len(both.plot().axes) == 4
    with pytest.raises(InputError, match="no network"):
        nb.measure_decoupling({}, data())


@pytest.fixture(scope="module")
def escape():
    network, steps = bump(), []
    nb.train(network, data(), SGD, 60)
    settings = nb.EscapeSettings((1.05, 1.2), n_replicas=4, max_steps=60, n_eigenvalues=3)
    found = nb.measure_escape(network, data(), SGD, settings, progress=steps.append)
    return found, steps


def test_escape_has_passages_outliers_and_the_steps_on_the_way(escape):
    found, steps = escape
    assert found.table()["c"].tolist() == [1.05, 1.2]
    assert len(found.table("outliers")) == len(found.curvature.predictions)
    assert [step.part for step in (steps[0], steps[-1])] == [
        "eigenvalues of the Hessian", "replicas",
    ]  # fmt: skip
    assert len(found.plot().axes) == 2


def test_a_cross_check_reads_the_measurement_as_it_reads_its_folder(escape, tmp_path, monkeypatch):
    found, _ = escape
    seen = []

    def none(measured, **settings):
        seen.append(measured)
        raise InputError("enough")

    monkeypatch.setattr(cross_check_module, "matching_valleys", none)
    for source in (found, found.save(tmp_path / "e"), str(tmp_path / "e")):
        with pytest.raises(InputError, match="enough"):
            nb.cross_check(source, n_curvatures=1)
    xr.testing.assert_equal(seen[0], seen[1])
    xr.testing.assert_identical(seen[1], seen[2])
    assert set(read_escape(tmp_path / "e").attrs) == set(seen[0].attrs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"relative_error": 0}, "relative_error must be a positive"),
        ({"seed": -1}, "seed must be"),
        ({"n_curvatures": 99}, "99 curvatures are asked for"),
    ],
)
def test_a_cross_check_refuses_before_it_makes_its_folder(escape, tmp_path, change, message):
    found, _ = escape
    with pytest.raises(InputError, match=message):
        nb.cross_check(found, **{"n_curvatures": 1, **change}, out=tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_cross_check_of_an_interrupted_escape_says_so(escape, tmp_path, monkeypatch):
    found = dataclasses.replace(escape[0], is_complete=False)
    valley = Valley("toy", 1, 1.0, ())
    monkeypatch.setattr(cross_check_module, "count_valleys", lambda measured: 1)
    monkeypatch.setattr(cross_check_module, "matching_valleys", lambda *a, **k: iter([valley]))

    def stop(step):
        if step.done:
            raise KeyboardInterrupt

    for source in (found, found.save(tmp_path / "e")):
        # Told that the last valley is done, one may press Ctrl-C: it is kept, without the chain.
        checked = nb.cross_check(source, n_curvatures=1, progress=stop)
        assert (checked.is_complete, checked.rungs) == (False, ())
        assert len(checked.valleys) == 1
        assert any("escape was interrupted" in line for line in checked.sentences())
        assert checked.provenance.settings["escape_is_complete"] is False


def test_ctrl_c_at_the_last_step_of_a_decoupling_keeps_it():
    def stop(step):
        if step.done == step.total:
            raise KeyboardInterrupt

    assert nb.measure_decoupling(bump(), data(), progress=stop).is_complete


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"thresholds": (0.5,)}, "exceed 1"),
        ({"thresholds": ()}, "hold one at least"),
        ({"n_replicas": 1}, "n_replicas"),
        ({"look_every": 0}, "look_every"),
        ({"max_steps": 1, "look_every": 2}, "max_steps"),
        ({"n_eigenvalues": 1}, "n_eigenvalues"),
    ],
)
def test_settings_of_an_escape_are_checked_at_once(change, message):
    with pytest.raises(InputError, match=message):
        nb.EscapeSettings(**change)


def test_a_learning_rate_beyond_that_of_stable_descent_is_refused(escape):
    network = bump()
    settings = nb.EscapeSettings((1.05,), n_replicas=2, max_steps=2, n_eigenvalues=3)
    with pytest.raises(InputError, match="not below 2/h"):
        nb.measure_escape(network, data(), nb.SgdSettings(50.0, 5), settings)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (Bump().double(), r"the network is in torch\.float64 and own data in torch\.float32"),
        (nn.Flatten(), "no parameters"),
        (nn.Linear(2, 1), "does not take inputs"),
        (nn.Linear(1, 2), "2 outputs"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(network, message):
    for measure in (lambda: nb.train(network, data(), SGD, 1),
                    lambda: nb.measure_noise(network, data(), SGD)):  # fmt: skip
        with pytest.raises(InputError, match=message) as refusal:
            measure()
        assert len(str(refusal.value).splitlines()) == 1
