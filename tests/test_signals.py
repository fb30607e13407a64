"""Signals are heard alike, and not within what must be done as a whole."""

from __future__ import annotations

import signal
import threading

import pytest

from landscape_sim.signals import held_signals, interruptions


def test_interruptions_and_tells_its_exit_code():
    with interruptions() as stop:
        assert stop.exit_code == 130
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
    assert stop.exit_code == 143
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_who_ignores_sigterm_goes_on_doing_so():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with interruptions(), held_signals():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_held_comes_after_the_block(number):
    done = []

    @held_signals()
    def work():
        signal.raise_signal(number)
        with held_signals():
            signal.raise_signal(number)
        done.append("the rest")

    with interruptions(), pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["the rest"]


def test_an_error_of_the_block_gives_way_to_a_signal():
    @held_signals()
    def fail():
        signal.raise_signal(signal.SIGINT)
        raise ValueError("x")

    with pytest.raises(KeyboardInterrupt) as stopped:
        fail()
    assert isinstance(stopped.value.__context__, ValueError)


def test_other_threads_hold_nothing():
    def hold():
        with held_signals(), interruptions():
            handlers.append(signal.getsignal(signal.SIGINT))

    handlers = [signal.getsignal(signal.SIGINT)]
    thread = threading.Thread(target=hold)
    thread.start()
    thread.join()
    assert handlers[0] is handlers[1]
