"""Threads that share work: results in order, progress, errors and Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from landscape_sim import InputError
from landscape_sim.threads import require_threads, share_among_threads


def test_results_come_in_order_and_threads_are_shared():
    seen = set()

    def work(item, stopped):
        seen.add(threading.get_ident())
        time.sleep(0.001 * (5 - item % 5))
        return item * item

    assert share_among_threads(work, range(20), 3) == [item * item for item in range(20)]
    assert 1 < len(seen) <= 3


def test_progress_is_told_now_and_then_and_at_the_end():
    told = []

    def work(item, stopped):
        time.sleep(0.12)

    share_among_threads(work, range(4), 2, told.append)
    assert told[-1] == 4
    assert told == sorted(told)
    assert 4 <= len(told) <= 20
    share_among_threads(work, [], 2, told.append)


def wait_for_the_end(stopped, begun):
    begun.append(time.monotonic())
    assert stopped.wait(30)
    return "stopped"


def test_an_error_stops_the_others_and_is_raised():
    begun = []

    def work(item, stopped):
        if item == 1:
            time.sleep(0.1)
            raise KeyError("broken")
        wait_for_the_end(stopped, begun)

    before = time.monotonic()
    with pytest.raises(KeyError, match="broken"):
        share_among_threads(work, range(50), 2)
    assert time.monotonic() - before < 5.0
    assert len(begun) < 5  # what had not begun was not begun


def test_ctrl_c_stops_at_once():
    begun = []
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        share_among_threads(lambda item, stopped: wait_for_the_end(stopped, begun), range(9), 2)
    assert time.monotonic() - begun[0] < 5.0


@pytest.mark.parametrize("n_threads", [0, -1, 1.5, True, "2"])
def test_refuses_what_is_no_number_of_threads(n_threads):
    with pytest.raises(InputError, match="n_threads must be an integer of at least 1, got"):
        require_threads(n_threads)


def test_all_cores_by_default():
    assert require_threads(None) == os.cpu_count()
