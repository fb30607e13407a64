"""The live bar: silent where stderr is no terminal, and moved as a study tells."""

from __future__ import annotations

from rich.progress import Progress

from landscape_sim.console.progress import Bar, live_bar


def test_says_nothing_where_stderr_is_no_terminal(capsys):
    with live_bar("starting", None, "cases") as bar:
        bar.report(1, 3, "case 1")
        bar.note("loss 0.1")
    assert capsys.readouterr() == ("", "")


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
