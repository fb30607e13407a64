"""A second process compiles half of the kernels of a first study."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from landscape_sim.comparison.escapes import compile_ahead
from landscape_sim.comparison.escapes.case import cases
from landscape_sim.comparison.escapes.compile_process import CompileProcess
from landscape_sim.comparison.escapes.study import Study

CHECKOUT = Path(__file__).resolve().parents[3]
STUDY = """
name = "two-kinds"
loss_ratios = [1.5]
n_paths = 20
methods = ["formula", "simulate"]
learning_rates = [0.2]
batch_sizes = [1]
[[landscapes]]
landscape = "quartic"
barrier = 0.25
[[landscapes]]
landscape = "separable"
barrier = 0.25
stiffness = [2.0]
"""


def test_each_kind_of_the_default_study_is_compiled_by_one_process():
    pending = cases(Study.default())
    kinds = list(dict.fromkeys(map(compile_ahead.kind_of, pending)))
    assert len(kinds) == 4  # in one and in four dimensions, directly and by splitting
    assert [compile_ahead.kind_of(case) for case in compile_ahead.later_half(pending)] == kinds[2:]


def test_nothing_is_begun_where_kernels_are_cached(monkeypatch):
    monkeypatch.setattr(compile_ahead, "has_machine_code", lambda kernel: True)
    monkeypatch.setattr(subprocess, "Popen", None)
    with compile_ahead.compiling_ahead(cases(Study.default())):
        pass


def test_an_interrupted_study_stops_the_process(monkeypatch):
    begun = []

    class Watched(subprocess.Popen):
        def __init__(self, *arguments, **settings):
            super().__init__(*arguments, **settings)
            begun.append(self)

    monkeypatch.setattr(compile_ahead, "has_machine_code", lambda kernel: False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    monkeypatch.setattr(subprocess, "Popen", Watched)
    pending = cases(Study.default())
    with (
        pytest.raises(KeyboardInterrupt),
        compile_ahead.compiling_ahead(pending),
    ):
        raise KeyboardInterrupt
    (process,) = begun
    assert process.returncode is not None


def test_a_process_that_has_died_is_no_matter():
    process = CompileProcess("landscape_sim.no_such_module", "{}" * 100_000)
    process.stop()
    assert process._process.returncode is not None


def has_ended(pid):
    status = Path(f"/proc/{pid}/status")
    try:
        return "State:\tZ" in status.read_text()
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGKILL])
def test_a_parent_that_is_killed_leaves_no_process_behind(tmp_path, signal_):
    (tmp_path / "busy.py").write_text(
        "from landscape_sim.comparison.escapes.compile_order import read_order\n"
        "open('begun', 'w').write(read_order())\n"
        "while True:\n    pass\n"
    )
    program = """
import sys, time
from pathlib import Path
from landscape_sim.comparison.escapes.compile_process import CompileProcess
process = CompileProcess("busy", "begin")
while not Path("begun").exists():
    time.sleep(0.01)
print(process._process.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(CHECKOUT), str(tmp_path)])},
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent.stdout as said:
        pid = int(said.readline())
    assert not has_ended(pid)
    parent.send_signal(signal_)
    parent.wait()
    deadline = time.monotonic() + 20.0
    while not has_ended(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert has_ended(pid)


def test_the_process_watches_its_parent_before_it_imports_anything_large():
    program = (
        "import sys, landscape_sim.comparison.escapes.compile_worker\n"
        "print({'numpy', 'numba', 'pydantic'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


@pytest.mark.slow
def test_a_first_study_equals_a_later_one(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    tables = []
    for name in ("cold", "warm"):
        folder = tmp_path / name
        main = "import sys; from landscape_sim.cli import main; sys.exit(main())"
        command = [sys.executable, "-c", main, "compare", "--study", path, "--out", folder]
        subprocess.run(command, check=True, env=environment, capture_output=True)
        tables.append((folder / "table.csv").read_text())
    assert tables[0] == tables[1]
