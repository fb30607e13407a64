from __future__ import annotations

import json

import pytest
import torch

from landscape_sim.validation import InputError
from nn_bridge.checkpoints import DataSpec
from nn_bridge.data import dataset_from_tensors
from nn_bridge.run_record import RunRecord, read_run_record

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


@pytest.mark.parametrize("content", [None, "{}", "no json", '{"command": 3}'])
def test_a_folder_without_a_record_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "run.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"no readable run\.json") as refusal:
        read_run_record(tmp_path)
    assert len(str(refusal.value).splitlines()) == 1
