"""Measurements that are killed: from what is on the disk they go on to the same bits."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from landscape_sim.report.writing import REPORT
from landscape_sim.validation import InputError
from nn_bridge.measurements.escape import measure_escape, resume_escape
from nn_bridge.measurements.escape_settings import EscapeSettings
from nn_bridge.measurements.noise import measure_noise, resume_noise
from nn_bridge.measurements.noise_settings import NoiseSettings
from nn_bridge.measurements.noise_tables import NoiseMeasurement
from nn_bridge.results import storing
from nn_bridge.results.provenance import is_whole
from nn_bridge.results.run_state import read_state
from nn_bridge.training.sgd import SgdSettings


def small_problem():
    """Return a network and data, the same every time."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    return network, (torch.randn(40, 3), torch.randn(40, 1))


def noise(**to):
    settings = NoiseSettings(4, "both", alignment_samples=10)
    return measure_noise(*small_problem(), SgdSettings(0.02, 5, seed=3), settings, **to)


def escape(evaluation, **to):
    settings = EscapeSettings(
        (1.1, 1.3), n_replicas=5, max_steps=30, look_every=2, n_eigenvalues=3,
        evaluation=evaluation, n_directions=2,
    )  # fmt: skip
    return measure_escape(*small_problem(), SgdSettings(0.05, 3, seed=3), settings, **to)


RUNS = {
    "noise": (noise, resume_noise, "noise.csv"),
    "escape": (lambda **to: escape("full", **to), resume_escape, "passages.csv"),
    "incremental": (lambda **to: escape("incremental", **to), resume_escape, "passages.csv"),
}


@pytest.mark.parametrize("name", RUNS)
def test_from_what_a_kill_leaves_a_run_goes_on_to_the_same_bits(name, tmp_path, monkeypatch):
    monkeypatch.setattr(storing, "_LEAST_TIMES_COST", 0.0)
    run, resume, table = RUNS[name]
    left: list[Path] = []

    def kill(step):
        if step.part in ("noise", "replicas") and step.note and (tmp_path / "whole").exists():
            left.append(tmp_path / f"left-{len(left)}")
            shutil.copytree(tmp_path / "whole", left[-1])

    whole = run(out=tmp_path / "whole", progress=kill)
    assert not list((tmp_path / "whole").glob("state*"))
    expected = (tmp_path / "whole" / table).read_bytes()
    for folder in (left[0], left[len(left) // 2]):
        assert (folder / table).read_bytes() != expected
        network, data = small_problem()
        found = resume(folder, network=network, data=data)
        assert found.is_complete
        assert (folder / table).read_bytes() == expected
        if name != "noise":
            assert found.losses.ratios.tobytes() == whole.losses.ratios.tobytes()
        assert not list(folder.glob("state*"))


@pytest.mark.parametrize("name", RUNS)
def test_what_ctrl_c_stopped_goes_on_to_the_same_bits(name, tmp_path):
    run, resume, table = RUNS[name]
    n_steps = 0

    def stop(step):
        nonlocal n_steps
        n_steps += step.part in ("noise", "replicas") and bool(step.note)
        if n_steps == 3:
            raise KeyboardInterrupt

    run(out=tmp_path / "whole")
    assert not run(out=tmp_path / "stopped", progress=stop).is_complete
    network, data = small_problem()
    assert resume(tmp_path / "stopped", network=network, data=data).is_complete
    found, expected = ((tmp_path / out / table).read_bytes() for out in ("stopped", "whole"))
    assert found == expected


def test_a_resumed_run_without_its_random_numbers_would_be_another(tmp_path, monkeypatch):
    monkeypatch.setattr(storing, "_LEAST_TIMES_COST", 0.0)

    def kill(step):
        if step.part == "noise" and step.done == 2 and not (tmp_path / "left").exists():
            shutil.copytree(tmp_path / "whole", tmp_path / "left")

    noise(out=tmp_path / "whole", progress=kill)
    state = read_state(tmp_path / "left")
    other = torch.Generator().manual_seed(99).get_state()
    replace(state, tensors={**state.tensors, "generator": other}).write(tmp_path / "left")
    network, data = small_problem()
    resume_noise(tmp_path / "left", network=network, data=data)
    tables = [(tmp_path / name / "noise.csv").read_bytes() for name in ("whole", "left")]
    assert tables[0] != tables[1]


def test_what_is_killed_while_it_is_drawn_is_not_whole_whatever_report_there_was(
    tmp_path, monkeypatch
):
    class Killed(BaseException):
        pass

    def killed(self, axes=None):
        raise Killed

    with monkeypatch.context() as during:
        during.setattr(NoiseMeasurement, "plot", killed)
        with pytest.raises(Killed):
            noise(out=tmp_path / "left")
    # As Ctrl-C left it, before the measurement was gone on with.
    (tmp_path / "left" / REPORT).write_text("of what was finished then")
    network, data = small_problem()
    with pytest.raises(InputError, match="finished"):
        resume_noise(tmp_path / "left", network=network, data=data)
    record = tmp_path / "left" / "run.json"
    record.write_text(record.read_text().replace('"is_complete": true', '"is_complete": false'))
    with monkeypatch.context() as during:
        during.setattr(NoiseMeasurement, "plot", killed)
        with pytest.raises(Killed):
            resume_noise(tmp_path / "left", network=network, data=data)
    network, data = small_problem()
    assert resume_noise(tmp_path / "left", network=network, data=data).is_complete
    assert is_whole(tmp_path / "left")


def test_what_cannot_be_resumed_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(storing, "_LEAST_TIMES_COST", 0.0)

    def kill(step):
        if step.part == "noise" and step.done == 2 and not (tmp_path / "left").exists():
            shutil.copytree(tmp_path / "whole", tmp_path / "left")

    noise(out=tmp_path / "whole", progress=kill)
    network, data = small_problem()
    with pytest.raises(InputError, match="finished"):
        resume_noise(tmp_path / "whole", network=network, data=data)
    with pytest.raises(InputError, match="is of nn-bridge noise"):
        resume_escape(tmp_path / "left", network=network, data=data)
    with pytest.raises(InputError, match="network of your own"):
        resume_noise(tmp_path / "left")
    with pytest.raises(InputError, match="not those of the measurement"):
        resume_noise(tmp_path / "left", network=network, data=(data[0] + 1, data[1]))
    record = tmp_path / "left" / "run.json"
    said = record.read_text()
    record.write_text(said.replace('"alignment_samples"', '"something"'))
    with pytest.raises(InputError, match=r"run\.json in .* is damaged; begin anew"):
        resume_noise(tmp_path / "left", network=network, data=data)
    record.write_text(said)
    state = tmp_path / "left" / "state.safetensors"
    content = bytearray(state.read_bytes())
    content[-20] ^= 1
    state.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        resume_noise(tmp_path / "left", network=network, data=data)
