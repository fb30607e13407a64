"""Kernels from the disk: found again, never another's, never damaged, and without a disk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numba
import pytest
from numba.core.registry import cpu_target

from landscape_sim.jit import compiled, kernel_method, machine_code_files
from landscape_sim.jit.dispatch import file_prefix

CHECKOUT = str(Path(__file__).resolve().parents[2])

#: A small kernel and what it is called with, each time in a process of its own.
KERNEL = """
    import sys, time
    from typing import NamedTuple
    from landscape_sim.jit import compiled, kernel_method

    @kernel_method("height")
    def _height(self, x):
        return self.instance_class.height

    def kernel(model, x):
        return model.height(x) + {added}
"""
MODEL = """
    class Model{name}(NamedTuple):
        scale: float
        def height(self, x):
            return {factor} * self.scale * x
"""
CALL = """
    run = compiled(kernel, Model{name}(1.0))
    print(run(Model{name}(1.0), 10.0), sum(run.stats.cache_hits.values()))
"""


def program(*parts, **values):
    values = {"name": "", "factor": 2.0, "added": 0.5, **values}
    return "\n".join(textwrap.dedent(part).format(**values) for part in parts)


#: Starts the processes: children of one that has imported Numba and knows no machine code.
SERVER = """
import json, os, sys
from numba import njit
import landscape_sim.jit
njit(lambda x: x)(1)
for line in sys.stdin:
    cache, source, arguments = json.loads(line)
    child = os.fork()
    if child == 0:
        os.environ["NUMBA_CACHE_DIR"] = cache
        sys.path.insert(0, cache)
        sys.argv[1:] = arguments
        exec(source, {"__name__": "__main__"})
        sys.stdout.flush()
        os._exit(0)
    print("end", os.waitpid(child, 0)[1], flush=True)
"""


@pytest.fixture(scope="module")
def run():
    """Run a program in a process of its own; return the words that it prints."""
    with subprocess.Popen(
        [sys.executable, "-B", "-W", "error", "-c", SERVER],
        env={**os.environ, "PYTHONPATH": CHECKOUT},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:

        def call(source, cache, *arguments):
            server.stdin.write(json.dumps([str(cache), source, arguments]) + "\n")
            server.stdin.flush()
            words = []
            for line in server.stdout:
                words += line.split()
                if line.startswith("end"):
                    break
            assert words[-2:] == ["end", "0"]
            return words[:-2]

        yield call


WHOLE = program(KERNEL, MODEL, CALL)


@pytest.fixture(scope="module")
def filled(run, tmp_path_factory):
    """A cache that holds the kernel."""
    cache = tmp_path_factory.mktemp("cache")
    assert run(WHOLE, cache) == ["20.5", "0"]
    (file,) = (cache / "landscape_sim-kernels").iterdir()
    shutil.copy(file, cache)
    return cache


@pytest.fixture
def copied(filled, tmp_path):
    (file,) = filled.glob("*.*")
    directory = tmp_path / "landscape_sim-kernels"
    directory.mkdir(mode=0o700)
    return Path(shutil.copy(file, directory))


def test_a_second_process_compiles_nothing_though_the_class_has_no_file(run, filled):
    assert run(WHOLE, filled) == ["20.5", "1"]


def test_edits_give_new_numbers_at_once_and_back(run, filled):
    assert run(program(KERNEL, MODEL, CALL, factor=3.0), filled) == ["30.5", "0"]
    assert run(program(KERNEL, MODEL, CALL, added=1.5), filled) == ["21.5", "0"]
    assert run(WHOLE, filled) == ["20.5", "1"]


FIELDS = """
    class Model(NamedTuple):
        {first}: float
        {second}: float
        def height(self, x):
            return self.a + 10.0 * self.b

    run = compiled(kernel, Model(1.0, 2.0))
    print(run(Model(a=1.0, b=2.0), 0.0), sum(run.stats.cache_hits.values()))
"""


def test_fields_in_another_order_are_another_class(run, tmp_path):
    one, two = (program(KERNEL, FIELDS, first=a, second=b) for a, b in ("ab", "ba"))
    assert run(one, tmp_path) == run(two, tmp_path) == ["21.5", "0"]
    assert run(one, tmp_path) == run(two, tmp_path) == ["21.5", "1"]


#: A method too long to be inlined: it is a symbol of its own in the machine code.
LONG = """
    class Model(NamedTuple):
        scale: float
        def height(self, x):
            total = 0.0
            for i in range(int(x)):
                if i % 3 == 1:
                    total += {factor} * self.scale
                for j in range(i):
                    total += (i * j % 7) * 0.01 * self.scale
                    if total > 1e9:
                        total -= 1e8
            return total

    def thrice(model, x):
        return model.height(x) + model.height(x + 1) + model.height(x + 2)

    run = compiled(thrice, Model(1.0))
    value = run(Model(1.0), 20.0)
    print(value == thrice(Model(1.0), 20.0), sum(run.stats.cache_hits.values()))
"""


def test_machine_code_from_two_processes_keeps_apart_in_a_third(run, tmp_path):
    one, two = (program(LONG, factor=factor) for factor in (2.0, 3.0))
    assert run(program(KERNEL) + one, tmp_path) == ["True", "0"]
    assert run(program(KERNEL) + two, tmp_path) == ["True", "0"]
    for source in (one + two, two + one):
        assert run(program(KERNEL) + source, tmp_path) == ["True", "1", "True", "1"]


HELPERS = """
from numba import njit

FLOOR = {floor}

@njit
def square(x):
    return {square} + FLOOR
"""
WITH_HELPER = program(
    "import helpers",
    KERNEL,
    """
    class Model(NamedTuple):
        scale: float
        def height(self, x):
            return helpers.square(self.scale * x)
    """,
    CALL,
)


def test_edits_of_a_helper_in_another_file_and_of_its_constant_are_seen(run, tmp_path):
    def values(**helpers):
        (tmp_path / "helpers.py").write_text(HELPERS.format(**helpers))
        return run(WITH_HELPER, tmp_path)

    assert values(floor=1.0, square="x * x") == ["101.5", "0"]
    assert values(floor=1.0, square="x * x * x") == ["1001.5", "0"]
    assert values(floor=2.0, square="x * x * x") == ["1002.5", "0"]
    assert values(floor=1.0, square="x * x") == ["101.5", "1"]


def test_a_class_that_is_defined_again_is_another(run, filled):
    # As in a notebook. Numba's dispatchers take the two for one; the first comes from the disk.
    source = program(KERNEL, MODEL, CALL) + program(MODEL, CALL, factor=5.0)
    assert run(source + program(CALL), filled) == ["20.5", "1", "50.5", "0", "50.5", "0"]


@pytest.mark.parametrize("damage", [lambda content: b"", lambda content: content[:-100]])
def test_a_damaged_file_is_compiled_again_and_replaced(run, copied, damage):
    whole = copied.read_bytes()
    copied.write_bytes(damage(whole))
    assert run(WHOLE, copied.parents[1]) == ["20.5", "0"]
    assert len(copied.read_bytes()) > 0.9 * len(whole)


def test_a_whole_file_that_cannot_be_loaded_is_compiled_again(run, copied):
    source = """
        from landscape_sim.jit import store
        import sys
        read = store.read
        store.read = lambda name, key: read(name, key) and b"no pickle"
    """
    assert run(program(source) + WHOLE, copied.parents[1]) == ["20.5", "0"]


def test_exchanged_files_are_compiled_again(run, copied):
    other = program(KERNEL, MODEL, CALL, factor=3.0)
    cache = copied.parents[1]
    assert run(other, cache) == ["30.5", "0"]
    (second,) = set(copied.parent.iterdir()) - {copied}
    one, two = copied.read_bytes(), second.read_bytes()
    copied.write_bytes(two)
    second.write_bytes(one)
    assert run(WHOLE, cache) == ["20.5", "0"]
    assert run(other, cache) == ["30.5", "0"]


def test_without_a_directory_the_kernel_runs_and_nothing_is_written(run, tmp_path):
    blocked = tmp_path / "blocked"
    blocked.write_text("no directory")
    before = set(Path(CHECKOUT, "landscape_sim").rglob("*.nb?"))
    assert run(WHOLE, blocked) == ["20.5", "0"]
    assert set(Path(CHECKOUT, "landscape_sim").rglob("*.nb?")) == before
    assert list(tmp_path.iterdir()) == [blocked]


#: Twice, children that know no machine code call the kernel at a time, each with its own class.
RACE = program(
    KERNEL,
    """
    import os

    def race(classes):
        together = time.time() + 0.3
        children = []
        for source in classes:
            children.append(os.fork())
            if children[-1] == 0:
                exec(source, globals())
                run = compiled(kernel, Model(1.0))
                time.sleep(max(0.0, together - time.time()))
                value = run(Model(1.0), 10.0)
                os.write(1, f"{{value}} {{sum(run.stats.cache_hits.values())}}\\n".encode())
                os._exit(0)
        for child in children:
            os.waitpid(child, 0)

    for _ in range(2):
        race(sys.argv[1:])
    """,
)


@pytest.mark.parametrize("factors", [(1.0, 2.0), (1.0, 2.0, 2.0, 3.0)])
def test_processes_that_compile_at_a_time_do_not_take_each_others_code(run, tmp_path, factors):
    classes = [program(MODEL, factor=factor) for factor in factors]
    found = run(RACE, tmp_path, *classes)
    values, hits = found[::2], found[1::2]
    right = sorted(f"{10.0 * factor + 0.5}" for factor in factors)
    for round_ in (slice(len(factors)), slice(len(factors), None)):
        assert sorted(values[round_]) == right
    assert set(hits[len(factors) :]) == {"1"}
    names = [path.name for path in (tmp_path / "landscape_sim-kernels").iterdir()]
    assert len(names) == len(set(factors))  # and no draft is left


@kernel_method("depth")
def _depth(self, x):
    return self.instance_class.depth


class Pit(NamedTuple):
    scale: float

    def depth(self, x):
        return self.scale * x


def pit_kernel(model, x):
    return model.depth(x) + 1.0


def test_threads_share_one_dispatcher_and_numbas_settings_stay(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    before, interval = numba.config.CACHE_DIR, sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:

            def use(i):
                kernel = compiled(pit_kernel, Pit(1.0))
                return id(kernel), kernel(Pit(2.0), float(i))

            used = list(pool.map(use, range(64)))
    finally:
        sys.setswitchinterval(interval)
    assert len(Counter(kernel for kernel, _ in used)) == 1
    assert [value for _, value in used] == [2.0 * i + 1.0 for i in range(64)]
    # Numba reads the variable itself, now and then.
    assert numba.config.CACHE_DIR in (before, str(tmp_path))
    assert len(machine_code_files("pit_kernel-")) == 1


def test_a_foreign_class_that_was_not_named_is_refused():
    class Hill(NamedTuple):
        scale: float

        def depth(self, x):
            return -self.scale * x

    with pytest.raises(TypeError, match="Hill"):
        compiled(pit_kernel, Pit(1.0))(Hill(1.0), 2)


@pytest.mark.parametrize("setting", ["OPT", "BOUNDSCHECK", "CPU_FEATURES"])
def test_settings_of_numba_that_a_program_makes_count(monkeypatch, setting):
    before = file_prefix(pit_kernel)
    with monkeypatch.context() as changed:
        changed.setattr(numba.config, setting, 1)
        assert file_prefix(pit_kernel) != before
    assert file_prefix(pit_kernel) == before


def test_machine_code_of_another_processor_is_none(monkeypatch):
    before = file_prefix(pit_kernel)
    codegen = type(cpu_target.target_context.codegen())
    monkeypatch.setattr(codegen, "magic_tuple", lambda self: ("x86_64", "another", ""))
    assert file_prefix(pit_kernel) != before
