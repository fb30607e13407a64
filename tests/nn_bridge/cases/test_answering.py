"""Cases are answered once, whoever answers; what would be another number is not mixed in."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest

from landscape_sim import CaseStore
from landscape_sim.comparison.packed_answer import PackedAnswer
from landscape_sim.validation import InputError
from nn_bridge.cases import order as orders
from nn_bridge.cases.answering import answer_cases
from nn_bridge.cases.case import Case
from nn_bridge.cases.order import CaseOrder, performed
from nn_bridge.cases.threads import OF_A_WORKER, Threads, threads_here
from nn_bridge.results.progress import Part, silent

CODE = "nn_bridge.cases.case"


def half(asked: list[str], name: str, *needed: float) -> float:
    asked.append(name)
    if name == "refused":
        raise InputError("no")
    return sum(needed, 1.0) / 2


def chain(asked, last="c"):
    """Return a case, one that needs it, and one that needs neither."""
    needs = {"a": (), last: ("a",), "d": ()}
    return [
        Case(name, partial(half, asked, name), {"of": name, "plan": Threads(9, 9)}, CODE, "", of)
        for name, of in needs.items()
    ]


def answers(cases, store=None, told=None):
    part, told = Part(silent, "cases", len(cases), "parts"), [] if told is None else told
    return answer_cases(
        cases, store, part, lambda done, is_new: told.append((done, is_new)), perform=performed
    )


def test_what_is_there_is_not_computed_again(tmp_path):
    asked: list[str] = []
    told: list[tuple[dict[str, float], bool]] = []
    expected = {"a": 0.5, "c": 0.75, "d": 0.5}
    assert answers(chain(asked), CaseStore(tmp_path), told) == expected
    assert list(told[0][0]) == ["a"]
    assert told[-1] == (expected, True)
    told.clear()
    assert answers(chain(asked), CaseStore(tmp_path), told) == expected
    assert told == [(expected, False)]
    store = CaseStore(tmp_path)
    # "e" asks for the same as "c" did by another name, and so it is another.
    assert answers(chain(asked, "e"), store) == {"a": 0.5, "e": 0.75, "d": 0.5}
    assert asked == ["a", "c", "d", "e"]
    assert (store.n_found, store.n_computed) == (2, 1)


def test_what_needs_a_lost_answer_is_taken_once_that_is_there_again(tmp_path):
    asked: list[str] = []
    told: list[tuple[dict[str, float], bool]] = []
    cases = chain(asked)
    expected = answers(cases, CaseStore(tmp_path))
    key = cases[0].question([], threads_here()).key
    (tmp_path / "cases" / f"{key}.json").unlink()
    store = CaseStore(tmp_path)
    assert answers(cases, store, told) == expected
    assert [list(done) for done, _ in told] == [["d"], ["a", "d"]]
    assert asked == ["a", "c", "d", "a"]
    assert (store.n_found, store.n_computed) == (2, 1)


def test_a_refused_case_does_not_end_the_others():
    asked: list[str] = []
    with pytest.raises(InputError, match=r"^refused: no$"):
        answers(chain(asked, "refused"))
    assert asked == ["a", "refused", "d"]


def test_an_answer_is_known_by_what_it_needs_and_by_the_threads():
    (a, c, _) = chain([])
    keys = [
        c.question([needed], threads).key
        for needed in (a.question([], OF_A_WORKER).key, "other")
        for threads in (OF_A_WORKER, Threads(2, 1), OF_A_WORKER)
    ]
    assert len(set(keys)) == 4


@pytest.mark.parametrize(
    ("here", "remedy"),
    [
        (OF_A_WORKER, "those of 3 threads, and here are 1 thread.*; go on without --workers"),
        (Threads(2, 2), "3 threads, and here are 2 threads.*OMP_NUM_THREADS=3"),
        (Threads(3, 3), "of other sources or libraries"),
    ],
)
def test_a_folder_of_other_numbers_is_refused(tmp_path, monkeypatch, here, remedy):
    (a, *_) = chain([])
    earlier = replace(a, code="nn_bridge.cases.order").question([], Threads(3, 3))
    CaseStore(tmp_path).keep(PackedAnswer.of(earlier, 0.5))
    monkeypatch.setattr("nn_bridge.cases.answering.threads_here", lambda: here)
    asked: list[str] = []
    with pytest.raises(InputError, match=remedy):
        answers(chain(asked), CaseStore(tmp_path))
    assert not asked


def test_a_worker_answers_what_it_was_asked_or_says_why_not(monkeypatch):
    (a, c, _) = chain([])
    first = a.question([], OF_A_WORKER)
    packed = PackedAnswer.of(first, 0.5)
    order = CaseOrder("", c.question([first.key], OF_A_WORKER).key, (packed,))
    monkeypatch.setattr(orders, "threads_here", lambda: Threads(2, 1))
    with pytest.raises(InputError, match=r"2 threads of torch and 1 of NumPy.*OMP_NUM_THREADS=1"):
        performed(order, c)
    monkeypatch.setattr(orders, "threads_here", lambda: OF_A_WORKER)
    (answer,) = performed(order, c).computed
    assert answer.key == order.key
    assert json.loads(answer.text)["answer"] == 0.75
    assert performed(order, replace(c, depends_on={"of": "another"})).is_other_code
    assert performed(order, replace(c, compute=partial(half, [], "refused"))).is_other_code is False


def test_threads_are_those_that_the_surroundings_say(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert threads_here().numpy == 7
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    assert threads_here().numpy == 3
