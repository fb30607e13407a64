from __future__ import annotations

import hashlib
import json

import pytest
import torch

from landscape_sim.plots.style import new_figure
from landscape_sim.validation import InputError
from nn_bridge.data.own_data import dataset_from_tensors
from nn_bridge.measurements.run_record import CheckpointOrigin, RunRecord, read_run_record
from nn_bridge.training.checkpoints import (
    DataSpec,
    NetworkSpec,
    TrainingRecord,
    read_checkpoint,
    save_checkpoint,
)

DATA = dataset_from_tensors("own", torch.zeros(3, 2), torch.zeros(3, 1))
RECORD = RunRecord(
    command="noise", settings={"η": 0.1}, data=DataSpec.of(DATA), seeds={"batches": 4}
)


def test_a_record_holds_what_is_needed_to_repeat_the_run_and_comes_back(tmp_path):
    folder = RECORD.create_folder(tmp_path / "out")
    RECORD.write(folder, is_complete=False)
    assert read_run_record(folder) == RECORD
    content = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert content["is_complete"] is False
    assert content["threads"] == torch.get_num_threads()
    assert content["data"]["sha256"].keys() == {"inputs", "targets"}
    assert content["versions"]["torch"].startswith(torch.__version__.split("+")[0])


def test_the_folder_is_named_after_the_command_and_never_used_twice(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert RECORD.create_folder().parts[0] == "results"
    assert RECORD.create_folder(tmp_path / "out").name == "out"
    with pytest.raises(InputError, match="exists already"):
        RECORD.create_folder(tmp_path / "out")


def test_a_started_folder_stays_only_with_what_was_stored(tmp_path):
    out = tmp_path / "new" / "out"

    def measure(rows):
        with RECORD.started_folder(out) as folder:
            assert json.loads((folder / "run.json").read_text())["is_complete"] is False
            RECORD.save_table(folder, "t.csv", rows)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure([])
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyboardInterrupt):
        measure([{"a": 1}])
    assert {path.name for path in out.iterdir()} == {"run.json", "t.csv"}
    with pytest.raises(InputError, match="exists already"), RECORD.started_folder(out):
        pass


def test_tables_and_figures_say_where_the_data_are_from(tmp_path):
    for is_official in (False, True):
        data = RECORD.data.model_copy(update={"is_official": is_official})
        run = RECORD.model_copy(update={"data": data})
        folder = tmp_path / str(is_official)
        folder.mkdir()
        run.save_table(folder, "t.csv", [{"a": 1}])
        assert (folder / "t.csv").read_text() == f"a,data_are_official\n1,{is_official}\n"
        figure = new_figure(3.0, 3.0)
        figure.subplots().plot([1, 2])
        run.save_figure(folder, "f", figure)
        assert ("UNOFFICIAL" in figure.get_supxlabel()) is not is_official
        assert (folder / "f.png").exists()


def test_the_origin_of_a_checkpoint_is_its_file_and_its_training(tmp_path):
    path = tmp_path / "c.safetensors"
    spec = NetworkSpec(name="fc", width=2)
    training = TrainingRecord(
        network=spec, data=RECORD.data, learning_rate=0.1, batch_size=1, loss="mean-square",
        seed=3, epoch=2, losses=(0.5, 0.4),
    )  # fmt: skip
    save_checkpoint(path, spec.build(), training)
    origin = CheckpointOrigin.of(read_checkpoint(path))
    assert origin.path == str(path.resolve())
    assert origin.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert origin.training == training.model_copy(update={"losses": ()})
    run = RECORD.model_copy(update={"checkpoints": (origin,), "device": "cuda"})
    folder = run.create_folder(tmp_path / "out")
    run.write(folder, is_complete=True)
    assert read_run_record(folder) == run


@pytest.mark.parametrize("content", [None, "{}", "no json", '{"command": 3}'])
def test_a_folder_without_a_record_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "run.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"no readable run\.json") as refusal:
        read_run_record(tmp_path)
    assert len(str(refusal.value).splitlines()) == 1
