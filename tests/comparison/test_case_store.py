"""Answers under what they depend on: found again to the last bit, or computed again."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from landscape_sim.comparison.case_key import case_key
from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.packed_answer import Question
from landscape_sim.comparison.resuming import alone_in, reopened_folder
from landscape_sim.comparison.stored_values import decoded, encoded
from landscape_sim.validation import InputError

CODE = "landscape_sim.results"


@dataclass(frozen=True)
class Found:
    rate: float
    detail: Any


def asked(**depends_on):
    return Question("one", depends_on, CODE, (Found,))


ANSWER = Found(0.1 + 0.2, {(0, -1): math.inf, "times": np.array([1 / 3, np.nan]), "n": (1, [2])})


def test_an_answer_comes_back_to_the_last_bit(tmp_path):
    store = CaseStore(tmp_path)
    first = store.answer(asked(seed=1), lambda: ANSWER)
    again = CaseStore(tmp_path).answer(asked(seed=1), lambda: pytest.fail("computed again"))
    assert first is ANSWER
    assert again.rate == ANSWER.rate
    times = again.detail.pop("times")
    assert times.tobytes() == ANSWER.detail["times"].tobytes()
    assert again.detail == {(0, -1): math.inf, "n": (1, [2])}


def test_a_changed_digit_is_noticed_and_a_file_under_another_name(tmp_path):
    store, n_computed = CaseStore(tmp_path), []

    def answered(seed):
        return CaseStore(tmp_path).answer(asked(seed=seed), lambda: n_computed.append(1) or ANSWER)

    store.answer(asked(seed=1), lambda: ANSWER)
    path = tmp_path / "cases" / f"{asked(seed=1).key}.json"
    whole = path.read_text(encoding="utf-8")
    for changed in (whole.replace("0.30000000000000004", "0.40000000000000004"),
                    whole.replace('"seed"', '"sead"')):  # fmt: skip
        assert changed != whole
        path.write_text(changed, encoding="utf-8")
        answered(1)
    for kind in ("json", "npz"):
        other = path.with_name(f"{asked(seed=2).key}.{kind}")
        other.write_bytes(path.with_suffix(f".{kind}").read_bytes())
    answered(2)
    assert len(n_computed) == 3
    answered(1)
    assert len(n_computed) == 3


def test_json_holds_neither_nan_nor_infinity(tmp_path):
    CaseStore(tmp_path).answer(asked(), lambda: (math.nan, -math.inf))
    (path,) = tmp_path.glob("cases/*.json")
    json.loads(path.read_text(), parse_constant=pytest.fail)


def test_what_has_no_form_is_not_kept_silently():
    with pytest.raises(TypeError, match="object"):
        encoded({"what": object()}, {})
    with pytest.raises(LookupError):
        decoded(encoded(ANSWER, {}), {}, kinds=())


def test_whatever_a_number_depends_on_changes_the_key(monkeypatch):
    keys = {
        case_key({"seed": 1}, CODE),
        case_key({"seed": 2}, CODE),
        case_key({"seed": 1.0}, CODE),
        case_key({"seed": 1}, "landscape_sim.estimators.rate"),
    }
    assert len(keys) == 4
    assert case_key({"seed": 1}, CODE) in keys


@pytest.mark.parametrize("damage", ["json", "arrays", "nothing"])
def test_what_is_damaged_is_computed_again(tmp_path, damage):
    CaseStore(tmp_path).answer(asked(), lambda: ANSWER)
    path = next(tmp_path.glob("cases/*.npz" if damage == "arrays" else "cases/*.json"))
    path.write_bytes(path.read_bytes()[:-9] if damage != "nothing" else path.read_bytes())
    store = CaseStore(tmp_path)
    store.answer(asked(), lambda: ANSWER)
    assert store.n_computed == (damage != "nothing")


def test_a_place_that_is_taken_is_one_line(tmp_path):
    (tmp_path / "cases").write_text("in the way")
    with pytest.raises(InputError, match=r"cannot create .*cases: File exists"):
        CaseStore(tmp_path).answer(asked(), lambda: 1.0)


def test_a_folder_is_filled_by_one_at_a_time(tmp_path):
    refused = pytest.raises(InputError, match="another process is filling")
    with alone_in(tmp_path), refused, alone_in(tmp_path):
        pass
    with alone_in(tmp_path):
        pass


def test_a_reopened_folder_stays_whatever_happens(tmp_path):
    class Named:
        name = "mine"

        def model_dump(self, *, mode):
            return {"name": "mine"}

    (tmp_path / ".table.csv.1-2.part").write_text("half")
    with pytest.raises(InputError, match="refused"), reopened_folder(Named(), tmp_path):
        raise InputError("refused")
    assert [path.name for path in tmp_path.iterdir()] == ["study.json"]
    assert not json.loads((tmp_path / "study.json").read_text())["is_complete"]
    with reopened_folder(Named(), tmp_path) as results:
        results.is_complete = True
    assert json.loads((tmp_path / "study.json").read_text())["is_complete"]
