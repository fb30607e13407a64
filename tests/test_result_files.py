"""A results folder is new, says whether it is complete, and is gone where nothing came of it."""

from __future__ import annotations

import json
from contextlib import suppress

import numpy as np
import pytest
import xarray as xr
from full_disk import full_disk
from pydantic import BaseModel

from landscape_sim.files import write_atomically
from landscape_sim.result_files import read_dataset, results_folder, write_dataset, write_table
from landscape_sim.validation import InputError


class Small(BaseModel):
    name: str = "small"
    size: int = 3


def is_complete(folder) -> bool:
    return json.loads((folder / "study.json").read_text())["is_complete"]


def test_the_record_says_that_a_run_is_incomplete_until_it_has_ended(tmp_path):
    with results_folder(Small(), tmp_path / "a" / "b") as results:
        assert not is_complete(results.path)
        write_table(results.path, "t", [{"x": 1, "y": None}], ["x", "y"])
        results.is_complete = True
    assert is_complete(results.path)
    assert (tmp_path / "a" / "b" / "t.csv").read_text() == "x,y\n1,\n"
    record = json.loads((results.path / "study.json").read_text())
    assert record["study"] == {"name": "small", "size": 3}
    assert {"python", "landscape-sim", "numpy"} <= set(record["versions"])
    with pytest.raises(InputError, match="not overwritten"), results_folder(Small(), results.path):
        pass


def test_a_block_that_says_nothing_was_not_complete(tmp_path):
    with results_folder(Small(), tmp_path / "a") as results:
        pass
    assert not is_complete(results.path)


@pytest.mark.parametrize("error", [InputError, KeyboardInterrupt])
def test_a_run_that_came_to_nothing_leaves_nothing(tmp_path, error):
    (tmp_path / "mine").mkdir()
    with pytest.raises(error), results_folder(Small(), tmp_path / "mine" / "a" / "b"):
        raise error("no")
    assert [path.name for path in tmp_path.rglob("*")] == ["mine"]


def store_and_raise(folder):
    with results_folder(Small(), folder) as results:
        write_table(results.path, "t", [{"x": 1}], ["x"])
        raise InputError("no")


def test_what_was_stored_before_an_error_stays_as_incomplete(tmp_path):
    with pytest.raises(InputError):
        store_and_raise(tmp_path / "a")
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"study.json", "t.csv"}
    assert not is_complete(tmp_path / "a")


@pytest.mark.parametrize("folder", ["", 5])
def test_what_names_no_folder_is_refused(tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"must be a path, got {folder!r}"):
        store_and_raise(folder)
    assert list(tmp_path.iterdir()) == []


def test_the_refusal_speaks_to_python_and_to_the_command_line(tmp_path):
    with pytest.raises(InputError, match=r"choose another folder \(--out at the command line\)"):
        store_and_raise(tmp_path)


def test_a_data_set_is_read_back_as_it_was_written(tmp_path):
    dataset = xr.Dataset({"rate": ("case", [0.25, np.nan])}, attrs={"title": "two"})
    write_dataset(tmp_path, dataset)
    assert [path.name for path in tmp_path.iterdir()] == ["results.nc"]
    assert read_dataset(tmp_path).identical(dataset)
    with pytest.raises(InputError, match=r"cannot read .*results.nc; name a folder"):
        read_dataset(tmp_path / "nowhere")


def test_by_default_the_folder_is_named_after_the_study_and_the_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with results_folder(Small()) as results:
        pass
    assert results.path.parts[0] == "results"
    assert results.path.name.startswith("small-2")


def test_another_record_may_be_written(tmp_path):
    def write(study, folder, *, is_complete):
        (folder / "run.json").write_text(f"{study.name} {is_complete}")

    with results_folder(Small(), tmp_path / "a", write) as results:
        results.is_complete = True
    assert (results.path / "run.json").read_text() == "small True"
    assert not (results.path / "study.json").exists()


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "f"
    write_atomically(path, b"old")
    with full_disk(100), pytest.raises(InputError, match=f"cannot write {path}: File too large"):
        write_atomically(path, b"new" * 100)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_damaged_dataset_is_refused_in_one_line(tmp_path, capfd):
    write_dataset(tmp_path, xr.Dataset({"a": ("x", np.arange(3000.0)), "b": ("y", ["c", "de"])}))
    path = tmp_path / "results.nc"
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    intact = 0
    for number in range(60):
        damaged = bytearray(whole)
        if number % 3 == 0:
            damaged = damaged[: rng.integers(len(whole))]
        else:
            for place in rng.integers(6000, size=40):
                damaged[place] = rng.integers(256)
        path.write_bytes(bytes(damaged))
        with suppress(InputError):
            read_dataset(tmp_path)
            intact += 1  # what was hit are numbers, or nothing
    assert intact < 30
    assert capfd.readouterr().err == ""


def test_a_data_set_on_a_full_disk_is_refused_and_the_old_one_kept(tmp_path):
    write_dataset(tmp_path, xr.Dataset({"x": ("n", [1.0])}))
    with full_disk(1000), pytest.raises(InputError, match=r"cannot write .*results\.nc"):
        write_dataset(tmp_path, xr.Dataset({"x": ("n", np.zeros(10_000))}))
    assert read_dataset(tmp_path)["x"].size == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_from_the_start_leaves_no_folder(tmp_path):
    with full_disk(10), pytest.raises(InputError, match="cannot write"):
        store_and_raise(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_within_that_stayed_empty_is_nothing(tmp_path):
    def make_and_raise():
        with results_folder(Small(), tmp_path / "a") as results:
            (results.path / "cases").mkdir()
            raise InputError("no")

    with pytest.raises(InputError):
        make_and_raise()
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_says_where_that_is_which_was_stored(tmp_path):
    def store_and_stop():
        with results_folder(Small(), tmp_path / "a") as results:
            write_table(results.path, "t", [{"x": 1}], ["x"])
            results.is_complete = True
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=f"^what was finished is in {tmp_path}/a$"):
        store_and_stop()
    # Nothing but a figure, say, is missing.
    assert is_complete(tmp_path / "a")


def test_runs_that_begin_in_one_second_have_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(3):
        with results_folder(Small()):
            pass
    assert len(list((tmp_path / "results").iterdir())) == 3
