"""Noise along a run: measured at the right points, fitted over the right windows, costed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from small_networks import problem
from torch import nn

from landscape_sim.estimators.noise_exponent import NoiseExponentFit
from landscape_sim.validation import InputError
from nn_bridge.data.own_data import dataset_from_tensors
from nn_bridge.gradients.noise_strength import NoiseStrength, layerwise_noise_strength
from nn_bridge.measurements import noise
from nn_bridge.measurements.noise import measure_noise
from nn_bridge.measurements.noise_series import NoiseSeries, follow_noise
from nn_bridge.measurements.noise_settings import NoiseSettings
from nn_bridge.measurements.noise_tables import (
    NoiseMeasurement,
    alignment_rows,
    fit_rows,
    series_rows,
)
from nn_bridge.results.provenance import provenance_of
from nn_bridge.training.beginning import UNKNOWN
from nn_bridge.training.ghost_batch_norm import GhostBatchNorm
from nn_bridge.training.losses import mean_square
from nn_bridge.training.sgd import SgdSettings, descend

SETTINGS = SgdSettings(0.05, 4, seed=2)


def run(method, epochs=3):
    network, inputs, targets = problem("fully connected", n_samples=16)
    series = NoiseSeries()
    data = dataset_from_tensors("own", inputs, targets)
    follow_noise(network, data, SETTINGS, epochs, method, series)
    return network, data, series


def test_measurements_are_at_the_epochs_of_the_training_and_do_not_disturb_it():
    network, data, series = run("layer-wise")
    twin, *_ = problem("fully connected", n_samples=16)
    start = layerwise_noise_strength(twin, data.inputs, data.targets, mean_square)
    descend(twin, data, SETTINGS, 3)
    end = layerwise_noise_strength(twin, data.inputs, data.targets, mean_square)
    assert series.epochs == [0, 1, 2, 3]
    assert series.points[0] == start
    assert series.points[-1] == end
    for one, other in zip(network.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_both_methods_agree_within_the_errors_of_the_batches():
    _, _, series = run("both", epochs=60)
    scores = series.batch_scores()
    assert scores.size == 61
    # 61 roughly independent scores around zero; false alarm 1e-5 at 4.4.
    assert abs(scores.mean()) < 4.4 * scores.std() / np.sqrt(61)
    # Negative control: a strength 1.5 times as large is rejected by the same check.
    wrong = NoiseSeries(
        series.epochs,
        [
            NoiseStrength(p.loss, 1.5 * p.noise_strength, 0.0, 0.0, 16, p.method)
            for p in series.points
        ],
        series.by_batches,
    ).batch_scores()
    assert abs(wrong.mean()) > 4.4 * wrong.std() / np.sqrt(61)


def test_one_method_measures_once():
    _, _, series = run("mini-batch")
    assert series.by_batches == []
    assert series.batch_scores().size == 0
    assert all(point.standard_error > 0 for point in series.points)
    assert series.cost > 0


def synthetic():
    loss = np.geomspace(1.0, 1e-3, 120)
    noise = np.where(loss > 0.02, loss**2 / 0.02, loss) * np.exp(0.02 * np.sin(np.arange(120)))
    points = [NoiseStrength(a, b, 0.0, 0.0, 10, "exact") for a, b in zip(loss, noise, strict=True)]
    return NoiseSeries(list(range(120)), points)


def test_the_later_stage_is_told_from_the_whole_run():
    fits = synthetic().fits(None)
    later = fits["later stage"]
    assert isinstance(later, NoiseExponentFit)
    assert 1.0 in later.interval
    assert later.window[1] <= 0.02
    assert fits["whole run"].exponent > 1.2
    (given,) = synthetic().fits((0.03, 1.0)).values()
    assert given.exponent == pytest.approx(2.0, abs=0.05)


def test_without_a_decade_or_ten_points_there_is_a_reason_and_no_exponent():
    _, _, series = run("layer-wise", epochs=2)
    reasons = series.fits((0.0, 100.0)) | synthetic().fits((0.1, 0.5))
    assert fit_rows(reasons) == []
    assert "0.68 decades" in str(reasons["given window"])
    assert "3 points" in str(series.fits(None)["whole run"])


def test_rows_and_dataset_hold_what_was_measured():
    series = synthetic()
    _, data, _ = run("mini-batch", epochs=1)
    measured = NoiseMeasurement(
        series=series, window=None, first_epoch=50, alignment_samples=0, sgd=SETTINGS,
        origin=UNKNOWN, provenance=provenance_of("noise", {}, data, seeds={}),
    )  # fmt: skip
    fits, dataset = measured.fits, measured.dataset()
    assert dataset["epoch"].values[0] == 50
    np.testing.assert_array_equal(dataset["noise_strength"], series.noise_strength)
    assert dataset["window"].values.tolist() == ["whole run", "later stage"]
    assert float(dataset["exponent"][1]) == fits["later stage"].exponent
    assert series_rows(series, 50)[3]["loss"] == series.points[3].loss
    assert alignment_rows(None) == []


def test_a_diverging_run_keeps_what_was_measured():
    network = nn.Linear(6, 3).double()
    _, inputs, targets = problem("linear", n_samples=16)
    series = NoiseSeries()
    with pytest.raises(InputError, match="no longer finite"):
        follow_noise(
            network,
            dataset_from_tensors("own", inputs, targets),
            SgdSettings(1e120, 4),
            5,
            "layer-wise",
            series,
        )
    assert len(series.points) >= 1


def test_the_result_has_tables_figure_and_the_steps_on_the_way():
    network, inputs, targets = problem("fully connected", n_samples=16)
    steps = []
    settings = NoiseSettings(epochs=3, method="both", alignment_samples=8)
    found = measure_noise(network, (inputs, targets), SETTINGS, settings, progress=steps.append)
    assert found.table()["epoch"].tolist() == [0, 1, 2, 3]
    assert len(found.table("alignment")) == 10
    assert found.is_complete
    assert [axes.get_xlabel() for axes in found.plot().axes] == ["epoch", "$L$"]
    assert (steps[0].done, steps[-1].done, steps[-1].total) == (0, 4, 4)
    assert steps[-1].note.startswith("loss ")


def test_the_method_that_suits_the_network_is_chosen():
    for name, method in (("fully connected", "layer-wise"), ("convolutional", "mini-batch")):
        network, inputs, targets = problem(name, n_samples=16)
        found = measure_noise(
            network, (inputs, targets), SETTINGS, NoiseSettings(epochs=1, alignment_samples=0)
        )
        assert found.dataset().attrs["method"].startswith(method)


class OwnWeights(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.full((3, 1), 0.3))

    def forward(self, x):
        return torch.tanh(x @ self.weight)


def norm():
    return nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 1))


def ghosts():
    return nn.Sequential(nn.Linear(3, 4), GhostBatchNorm(4, 2), nn.Linear(4, 1))


@pytest.mark.parametrize("make", [OwnWeights, norm])
def test_layers_of_any_kind_are_measured_exactly_and_it_is_said_how(make):
    torch.manual_seed(0)
    inputs = torch.randn(24, 3)
    found = measure_noise(make(), (inputs, inputs.sum(1)), SETTINGS, NoiseSettings(2))
    method = found.dataset().attrs["method"]
    assert "layer-wise" in method
    assert f"𝒩 by {method}." in found.sentences()
    assert found.alignment is not None


def test_samples_that_depend_on_one_another_allow_mini_batches_alone():
    torch.manual_seed(0)
    network, inputs = ghosts(), torch.randn(24, 3)
    data, before = (inputs, inputs.sum(1)), [p.clone() for p in network.parameters()]
    for settings in (
        NoiseSettings(2, "both"), NoiseSettings(2, alignment_samples=8),
        NoiseSettings(2, "mini-batch", alignment_samples=8),
    ):  # fmt: skip
        with pytest.raises(InputError, match="per-sample gradients do not exist"):
            measure_noise(network, data, SETTINGS, settings)
    assert all(map(torch.equal, before, network.parameters()))
    for method in (None, "mini-batch"):
        found = measure_noise(network, data, SETTINGS, NoiseSettings(2, method))
        assert found.is_complete
        assert found.dataset().attrs["method"].startswith("mini-batch")
        assert found.alignment is None


def test_a_refused_alignment_is_a_sentence(monkeypatch):
    def refuse(*arguments, **settings):
        raise InputError("no memory is left")

    monkeypatch.setattr(noise, "noise_alignment", refuse)
    network, inputs, targets = problem("fully connected", n_samples=16)
    found = measure_noise(network, (inputs, targets), SETTINGS, NoiseSettings(1))
    assert found.is_complete
    assert "No alignment of Σ with H: no memory is left." in found.sentences()


def test_ctrl_c_returns_the_epochs_that_were_measured():
    network, inputs, targets = problem("fully connected", n_samples=16)

    def stop(step):
        if step.done == 2:
            raise KeyboardInterrupt

    found = measure_noise(network, (inputs, targets), SETTINGS, progress=stop)
    assert not found.is_complete
    assert found.table()["epoch"].tolist() == [0, 1]


@pytest.mark.parametrize("window", [(3, 1), (-1, 1), (1,), (np.nan, 1)])
def test_what_is_no_window_is_refused(window):
    with pytest.raises(InputError, match=r"window must be \(low, high\)"):
        NoiseSettings(window=window)


def test_an_unknown_method_is_refused():
    with pytest.raises(InputError, match="method 'guess' is unknown"):
        NoiseSettings(method="guess")
