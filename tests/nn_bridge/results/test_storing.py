"""What a measurement keeps is in its folder, whatever becomes of the rest."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import ClassVar

import pytest
import torch
import xarray as xr

from landscape_sim.plots.style import new_figure
from landscape_sim.validation import InputError
from nn_bridge.data.description import DataSpec
from nn_bridge.data.own_data import dataset_from_tensors
from nn_bridge.results import storing
from nn_bridge.results.measurement import Measurement
from nn_bridge.results.provenance import Provenance
from nn_bridge.results.run_state import RunState
from nn_bridge.results.storing import measure_and_store, resume_and_store

DATA = dataset_from_tensors("own", torch.zeros(3, 2), torch.zeros(3, 1))
PROVENANCE = Provenance(command="noise", settings={}, data=DataSpec.of(DATA), seeds={})


@dataclass(frozen=True, kw_only=True)
class Numbers(Measurement):
    figure_name: ClassVar[str] = "numbers"
    values: tuple[int, ...]

    def rows(self):
        return {"numbers": [{"value": value} for value in self.values], "empty": []}

    def dataset(self):
        return xr.Dataset({"value": ("n", list(self.values))})

    def plot(self, axes=None):
        figure = new_figure(2.0, 2.0)
        figure.subplots().plot(self.values)
        return figure

    def printed(self):
        return {"Numbers": self.rows()["numbers"]}

    def sentences(self):
        return ["These are numbers."]


WHOLE = Numbers(values=(1, 2), provenance=PROVENANCE)
PART = Numbers(values=(1,), provenance=PROVENANCE, is_complete=False)


def is_complete(folder):
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))["is_complete"]


def kept(folder):
    with (folder / "numbers.csv").open(encoding="utf-8") as file:
        return [row["value"] for row in csv.DictReader(file)]


def measuring(error=None, keeps=True):
    """Return a measurement that keeps a part, if it does, then fails or succeeds."""

    def measure(keeper):
        if keeps:
            keeper.keep(PART)
        if error is not None:
            raise error
        return WHOLE

    return measure


def test_a_folder_has_record_dataset_tables_and_figure(tmp_path):
    out = tmp_path / "new" / "out"
    assert measure_and_store(PROVENANCE, out, measuring()) is WHOLE
    files = {"run.json", "results.nc", "numbers.csv", "numbers.png", "numbers.svg"}
    files.add("report.html")
    assert {path.name for path in out.iterdir()} == files
    assert kept(out) == ["1", "2"]
    assert is_complete(out)
    # The same by hand.
    assert WHOLE.save(tmp_path / "by hand") == tmp_path / "by hand"
    assert {path.name for path in (tmp_path / "by hand").iterdir()} == files
    with pytest.raises(InputError, match="exists already"):
        WHOLE.save(tmp_path / "by hand")


def test_ctrl_c_returns_what_was_kept(tmp_path):
    stopped = measuring(KeyboardInterrupt())
    assert measure_and_store(PROVENANCE, None, stopped) is PART
    assert measure_and_store(PROVENANCE, tmp_path / "out", stopped) is PART
    assert kept(tmp_path / "out") == ["1"]
    assert not is_complete(tmp_path / "out")
    assert (tmp_path / "out" / "numbers.png").exists()


def test_a_refused_resumption_leaves_what_there_was_or_says_that_it_is_a_part(tmp_path):
    out, refused = tmp_path / "out", InputError("no such replica")
    measure_and_store(PROVENANCE, out, measuring())
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    other = PROVENANCE.model_copy(update={"settings": {"replicas": 7}})

    def at_hand(keeper):
        keeper.keep(PART, is_new=False)
        raise refused

    with pytest.raises(InputError, match=r"^no such replica$"):
        resume_and_store(other, out, at_hand)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before

    def new(keeper):
        keeper.keep(replace(PART, provenance=other))
        raise refused

    with pytest.raises(InputError, match="no such replica; what was finished is in"):
        resume_and_store(other, out, new)
    assert kept(out) == ["1"]
    assert not is_complete(out)
    assert json.loads((out / "run.json").read_text())["settings"] == {"replicas": 7}


def test_what_is_kept_in_passing_takes_no_more_than_a_twentieth_of_the_time(tmp_path, monkeypatch):
    now, writes = [0.0], []
    monkeypatch.setattr(storing, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def write(part, folder):
        now[0] += 0.5
        writes.append(now[0])

    monkeypatch.setattr(Numbers, "write_numbers", write)
    keeper = storing.Keeper(tmp_path)
    for _ in range(40):
        now[0] += 1.0
        keeper.keep_in_passing(lambda: PART, lambda: RunState({}))
    assert writes == [1.5, 12.0, 22.5, 33.0]
    storing.Keeper(None).keep_in_passing(lambda: PART, lambda: RunState({}))
    assert len(writes) == 4


def test_an_interruption_while_drawing_leaves_the_numbers_complete(tmp_path, monkeypatch):
    def interrupted(self, axes=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(Numbers, "plot", interrupted)
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt, match=f"^what was finished is in {out}$"):
        measure_and_store(PROVENANCE, out, measuring())
    assert is_complete(out)
    assert {path.name for path in out.iterdir()} == {"run.json", "results.nc", "numbers.csv"}


@pytest.mark.parametrize("error", [MemoryError(), InputError("the loss is no longer finite")])
def test_an_error_leaves_what_was_kept(tmp_path, error):
    with pytest.raises(type(error)) as raised:
        measure_and_store(PROVENANCE, tmp_path / "out", measuring(error))
    assert kept(tmp_path / "out") == ["1"]
    assert not is_complete(tmp_path / "out")
    if isinstance(error, InputError):
        assert "; what was finished is in" in str(raised.value)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), InputError("no")])
def test_with_nothing_kept_nothing_is_left(tmp_path, error):
    nothing = measuring(error, keeps=False)
    for out in (None, tmp_path / "new" / "out"):
        with pytest.raises(type(error)):
            measure_and_store(PROVENANCE, out, nothing)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_met_before_anything_is_measured(tmp_path):
    with pytest.raises(InputError, match="exists already"):
        measure_and_store(PROVENANCE, tmp_path, measuring(AssertionError()))


def test_tables_by_name_and_the_document():
    assert WHOLE.table()["value"].tolist() == WHOLE.table("numbers")["value"].tolist() == [1, 2]
    with pytest.raises(InputError, match=r"no table 'x'; choose one of numbers, empty"):
        WHOLE.table("x")
    document = PART.document(folder="out")
    assert (document["command"], document["is_complete"]) == ("noise", False)
    assert document["sentences"][-1].startswith("Data: own")
