from __future__ import annotations

import hashlib
import json

import pytest
import torch

from landscape_sim.plots.style import new_figure
from landscape_sim.validation import InputError
from nn_bridge.data.description import DataSpec
from nn_bridge.data.own_data import dataset_from_tensors
from nn_bridge.results.provenance import CheckpointOrigin, Provenance, read_provenance
from nn_bridge.training.checkpoints import (
    TrainingRecord,
    read_checkpoint,
    save_checkpoint,
)
from nn_bridge.training.networks import NetworkSpec

DATA = dataset_from_tensors("own", torch.zeros(3, 2), torch.zeros(3, 1))
PROVENANCE = Provenance(
    command="noise", settings={"η": 0.1}, data=DataSpec.of(DATA), seeds={"batches": 4}
)


def test_it_holds_what_is_needed_to_repeat_the_run_and_comes_back(tmp_path):
    PROVENANCE.write(tmp_path, is_complete=False)
    assert read_provenance(tmp_path) == PROVENANCE
    content = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert content["is_complete"] is False
    assert content["threads"] == torch.get_num_threads()
    assert content["data"]["sha256"].keys() == {"inputs", "targets"}
    assert content["versions"]["torch"].startswith(torch.__version__.split("+")[0])


def test_tables_and_figures_say_where_the_data_are_from(tmp_path):
    for is_official, name in ((False, "mnist-parity"), (True, "mnist-parity"), (False, "own")):
        data = PROVENANCE.data.model_copy(update={"is_official": is_official, "name": name})
        run = PROVENANCE.model_copy(update={"data": data})
        folder = tmp_path / f"{name} {is_official}"
        folder.mkdir()
        run.save_table(folder, "t", [{"a": 1}])
        assert (folder / "t.csv").read_text() == f"a,data_are_official\n1,{is_official}\n"
        figure = new_figure(3.0, 3.0)
        figure.subplots().plot([1, 2])
        run.save_figure(folder, "f", figure)
        is_copy = name == "mnist-parity" and not is_official
        assert ("UNOFFICIAL" in figure.get_supxlabel()) is is_copy
        assert (folder / "f.png").exists()


def test_the_origin_of_a_checkpoint_is_its_file_and_its_training(tmp_path):
    path = tmp_path / "c.safetensors"
    spec = NetworkSpec(name="fc", width=2)
    training = TrainingRecord(
        network=spec, data=PROVENANCE.data, learning_rate=0.1, batch_size=1, loss="mean-square",
        seed=3, epoch=2, losses=(0.5, 0.4),
    )  # fmt: skip
    save_checkpoint(path, spec.build(), training)
    origin = CheckpointOrigin.of(read_checkpoint(path))
    assert origin.path == str(path.resolve())
    assert origin.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert origin.training == training.model_copy(update={"losses": ()})
    run = PROVENANCE.model_copy(update={"checkpoints": (origin,), "device": "cuda"})
    run.write(tmp_path, is_complete=True)
    assert read_provenance(tmp_path) == run


@pytest.mark.parametrize("content", [None, "{}", "no json", '{"command": 3}'])
def test_a_folder_without_a_provenance_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "run.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"no readable run\.json") as refusal:
        read_provenance(tmp_path)
    assert len(str(refusal.value).splitlines()) == 1


def test_a_record_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "run.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(InputError, match=r"no readable run\.json"):
        read_provenance(tmp_path)
