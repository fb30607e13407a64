"""The live bar: plain lines where stderr is no terminal, and moved as a study tells."""

from __future__ import annotations

from rich.progress import Progress

from landscape_sim.console.progress import Bar, live_bar
from landscape_sim.waiting import hearing_of_waits, waiting_for


def test_where_stderr_is_no_terminal_a_plain_line_comes_now_and_then(capsys, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("landscape_sim.console.progress.time.monotonic", lambda: clock[0])
    with live_bar("starting", None, "cases") as bar:
        bar.report(1, 3, "case 1")
        clock[0] += 9.9
        bar.note("loss 0.1")
        assert capsys.readouterr() == ("", "")
        clock[0] += 0.2
        bar.report(2, 3, "case 2")
        bar.move_to(2.5)
        clock[0] += 60.0
        bar.move_to(3)
        bar.say("all is well")
        bar.say(None)
    assert capsys.readouterr() == (
        "",
        "[0:10] case 2: 2 of 3 cases, loss 0.1\n"
        "[1:10] case 2: 3 of 3 cases, loss 0.1\n"
        "[1:10] all is well\n",
    )


def test_what_is_waited_for_stands_in_the_place_of_the_note():
    progress = Progress(disable=True)
    bar = Bar(progress, progress.add_task("starting", total=None, note=""))
    (task,) = progress.tasks
    bar.note("loss 0.1")
    with hearing_of_waits(bar.wait_for), waiting_for("compiling"):
        assert task.fields["note"] == "compiling"
    assert task.fields["note"] == "loss 0.1"
    with waiting_for("nobody hears"):
        assert task.fields["note"] == "loss 0.1"


def test_stands_where_it_is_told():
    progress = Progress(disable=True)
    bar = Bar(progress, progress.add_task("starting", total=None, note=""))
    (task,) = progress.tasks
    bar.report(1, 3, "case 1")
    assert (task.completed, task.total, task.description) == (1, 3, "case 1")
    bar.move_to(2.5)
    assert (task.completed, task.total) == (2.5, 3)
    bar.move_to(4, 9)
    bar.note("loss 0.1")
    assert (task.completed, task.total, task.fields["note"]) == (4, 9, "loss 0.1")
