"""Threads that share work: results in order, progress, errors and Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from landscape_sim import InputError
from landscape_sim.threads import require_threads, share_among_threads

PATIENCE = 300.0  # seconds after which a thread that nobody stops gives up


def test_results_come_in_order_and_threads_are_shared():
    seen = set()

    def work(item, stopped):
        seen.add(threading.get_ident())
        time.sleep(0.001 * (5 - item % 5))
        return item * item

    assert share_among_threads(work, range(20), 3) == [item * item for item in range(20)]
    assert 1 < len(seen) <= 3


def test_progress_is_told_now_and_then_and_at_the_end():
    told, enough = [], threading.Event()

    def watch(done):
        told.append(done)
        if len(told) == 3:
            enough.set()

    share_among_threads(lambda item, stopped: enough.wait(PATIENCE), range(4), 2, watch)
    assert told[:3] == [0, 0, 0]
    assert told[-1] == 4
    assert told == sorted(told)
    share_among_threads(lambda item, stopped: None, [], 2, told.append)


def test_an_error_stops_the_others_and_is_raised():
    was_stopped = []

    def work(item, stopped):
        if item == 1:
            raise KeyError("broken")
        was_stopped.append(stopped.wait(PATIENCE))

    with pytest.raises(KeyError, match="broken"):
        share_among_threads(work, range(50), 2)
    assert all(was_stopped)
    assert len(was_stopped) < 5  # what had not begun was not begun


def test_ctrl_c_stops_at_once():
    was_stopped = []

    def work(item, stopped):
        if item == 0:
            os.kill(os.getpid(), signal.SIGINT)
        was_stopped.append(stopped.wait(PATIENCE))

    with pytest.raises(KeyboardInterrupt):
        share_among_threads(work, range(9), 2)
    assert all(was_stopped)
    assert len(was_stopped) < 5


def test_ctrl_c_while_the_items_are_handed_out_stops_those_that_have_begun():
    begun, was_stopped = threading.Event(), []

    def work(item, stopped):
        begun.set()
        was_stopped.append(stopped.wait(PATIENCE))

    def items():
        yield 0
        begun.wait(PATIENCE)
        os.kill(os.getpid(), signal.SIGINT)
        yield 1

    with pytest.raises(KeyboardInterrupt):
        share_among_threads(work, items(), 2)
    assert was_stopped == [True]


@pytest.mark.parametrize("n_threads", [0, -1, 1.5, True, "2"])
def test_refuses_what_is_no_number_of_threads(n_threads):
    with pytest.raises(InputError, match="n_threads must be an integer of at least 1, got"):
        require_threads(n_threads)


def test_all_cores_by_default():
    assert require_threads(None) == os.cpu_count()
