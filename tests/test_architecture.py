"""The rooms and what each may import, read off the source with ``ast``.

The formula, the exact solution and the simulation are evidence for one another only because
they are independent: no import leads from one to another, not even through a third room.
Imports inside functions and under ``TYPE_CHECKING`` count like any other.
"""

from __future__ import annotations

import ast
import configparser
import graphlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
MAX_LINES = 300
VAGUE_NAMES = {"utils", "helpers", "common", "misc"}
UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
# The last two would hide an import from this test.
UNSAFE_CALLS = {"eval", "exec", "__import__", "import_module"}

LEAF = {"elementary", "registry", "results", "validation", "vectors"}
INDEPENDENT = {"theory", "exact", "ensembles", "large_deviations", "quasi_potential"}
SCIENCE = (
    LEAF
    | INDEPENDENT
    | {"landscapes", "models", "dynamics", "kernels", "estimators", "rare_events", "seeds"}
)
# Room: the modules of landscape_sim that it may import, itself apart.
ROOMS: dict[str, set[str]] = {
    "validation": set(),
    "vectors": set(),
    "elementary": set(),
    "registry": {"validation"},
    "seeds": set(),
    "columns": set(),
    "results": {"validation", "columns"},
    "cache": set(),
    "complaints": set(),
    "signals": set(),
    "waiting": set(),
    "files": {"signals", "validation"},
    "threads": {"validation"},
    "memory": {"validation"},
    "landscapes": LEAF,
    "models": LEAF | {"landscapes.contract"},
    "dynamics": LEAF | {"landscapes.contract"},
    "jit": {"cache", "signals", "validation", "waiting"},
    "packed_functions": {"jit"},
    "random_numbers": {"jit", "packed_functions"},
    "kernels": {"vectors", "elementary", "jit", "packed_functions", "random_numbers"},
    "ensembles": LEAF
    | {"landscapes", "models", "dynamics", "kernels", "jit", "random_numbers", "estimators"}
    | {"seeds", "threads"},
    "rare_events": LEAF
    | {"landscapes", "dynamics", "kernels", "jit", "random_numbers", "ensembles", "estimators"}
    | {"seeds", "threads"},
    "theory": LEAF | {"landscapes"},
    "exact": LEAF | {"landscapes", "dynamics.noise"},
    "large_deviations": LEAF | {"landscapes", "models", "dynamics.noise", "dynamics.sgd"},
    "quasi_potential": LEAF | {"jit"},
    "estimators": LEAF,
    "result_files": {"files", "signals", "validation"},
    "console": {"complaints", "validation", "columns", "result_files", "signals", "waiting"},
    "workers": {"signals", "validation"},
    "plots": LEAF | {"columns", "files", "landscapes"},
    "report": {"columns", "files", "landscapes", "plots", "result_files", "results"},
    "escape": SCIENCE | {"columns", "plots", "result_files"},
    "comparison": SCIENCE
    | {"complaints", "jit", "columns", "escape", "files", "memory", "plots"}
    | {"report", "result_files", "signals", "threads", "workers"},
    "cli": SCIENCE
    | {"columns", "comparison", "console", "escape", "memory", "plots", "report", "result_files"}
    | {"workers"},
}
# The root package offers everything to its users; no room imports from it.
ROOMS["__init__"] = ROOMS["cli"]
# What nn_bridge may import of landscape_sim, where the second table below says nothing else.
NN_BRIDGE = {
    *("estimators", "results", "validation", "plots", "console", "result_files", "files"),
    *("columns", "memory", "report", "seeds", "signals", "comparison.network"),
    *("comparison.paper.claims", "comparison.resuming", "theory.stability"),
    *("comparison.case_key", "comparison.case_report", "comparison.case_store"),
    *("comparison.packed_answer", "workers"),
}

# Room of nn_bridge: the rooms that it may import, itself apart.
NN_ROOMS: dict[str, set[str]] = {
    "memory": set(),
    "data": set(),
    "plots": set(),
    "training": {"memory", "data"},
    "gradients": {"memory", "training"},
    "curvature": {"memory", "data", "training", "gradients"},
    "results": {"data", "training"},
    "cases": {"data", "training", "results"},
    "measurements": {
        *("memory", "data", "training", "gradients", "curvature", "results", "plots", "cases"),
    },
    "runs": {"data", "training", "results", "cases", "measurements", "plots"},
    "paper": {
        *("data", "training", "gradients", "curvature", "results", "measurements", "plots"),
        "cases",
    },
    "cli": {"training", "measurements", "results", "runs", "paper"},
    "__init__": {"data", "training", "curvature", "measurements", "runs"},
}
NN_LANDSCAPE_SIM: dict[str, set[str]] = {"plots": {"plots"}, "cli": NN_BRIDGE}

# Room: the libraries that it may import, where that is narrower than the declared ones.
LIBRARIES: dict[str, set[str]] = {
    "validation": set(),
    "vectors": {"numpy"},
    "elementary": {"numpy"},
    "registry": set(),
    "columns": set(),
    "signals": set(),
    "waiting": set(),
    "files": set(),
    "memory": set(),
    "seeds": {"numpy"},
    "results": {"numpy"},
    "landscapes": {"numpy", "scipy", "sympy"},
    "models": {"numpy"},
    "dynamics": {"numpy"},
    "cache": {"platformdirs"},
    "complaints": set(),
    "jit": {"numpy", "numba", "llvmlite"},
    "packed_functions": {"numpy", "numba", "llvmlite"},
    "random_numbers": {"numpy", "numba"},
    "kernels": {"numpy", "numba", "llvmlite"},
    "ensembles": {"numpy"},
    "rare_events": {"numpy", "scipy"},
    "theory": {"numpy", "scipy"},
    "exact": {"numpy", "scipy"},
    "large_deviations": {"numpy", "scipy"},
    "quasi_potential": {"numpy", "scipy", "numba"},
    "estimators": {"numpy", "scipy"},
    "plots": {"numpy", "matplotlib", "xarray"},
    "report": {"numpy", "xarray", "PIL"},
    "workers": {"dask", "dask_jobqueue", "distributed"},
}


def declared_libraries(*extras: str) -> set[str]:
    """Return the distributions that an installation with ``extras`` asks for."""
    config = configparser.ConfigParser()
    config.read(CHECKOUT / "setup.cfg")
    lists = [config["options"]["install_requires"]]
    lists += [config["options.extras_require"][extra] for extra in extras]
    names = {re.split(r"[^\w-]", line)[0] for text in lists for line in text.split("\n") if line}
    return {"PIL" if name == "pillow" else name for name in names}


DECLARED = {"landscape_sim": declared_libraries(), "nn_bridge": declared_libraries("nn")}
#: Of an extra, for one room alone.
SCALE = {name.replace("-", "_") for name in declared_libraries("scale") - declared_libraries()}


def imported_modules(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and dotted name of every import; ``from a import b`` counts as ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def is_within(module: str, allowed: set[str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in allowed)


def import_violation(package: str, room: str, module: str) -> bool:
    """Return whether ``room`` of ``package`` must not import ``module``."""
    target, _, inside = module.partition(".")
    if target == "nn_bridge":
        return package != "nn_bridge" or not is_within(inside, NN_ROOMS[room] | {room})
    if target == "landscape_sim":
        of_host = NN_LANDSCAPE_SIM.get(room, NN_BRIDGE - {"console"})
        rooms = of_host if package == "nn_bridge" else ROOMS[room] | {room}
        return not is_within(inside, rooms)
    if target in sys.stdlib_module_names:
        return target in UNSAFE_MODULES
    libraries = DECLARED[package]
    if package == "landscape_sim":
        libraries = (libraries | SCALE) & LIBRARIES.get(room, libraries)
    return target not in libraries


def unsafe_calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and a description of what runs text, unpickles data or hides an import."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        # As methods, eval and exec are something else: torch.nn.Module.eval.
        if isinstance(node.func, ast.Name) and node.func.id in UNSAFE_CALLS:
            yield node.lineno, f"calls {node.func.id}"
        if isinstance(node.func, ast.Attribute) and node.func.attr == "import_module":
            yield node.lineno, "calls import_module"
        if any(keyword.arg == "allow_pickle" for keyword in node.keywords):
            yield node.lineno, "uses allow_pickle"


def file_violations(root: Path, path: Path) -> Iterator[str]:
    where = path.relative_to(root)
    package, room = where.parts[0], where.with_suffix("").parts[1]
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    if room not in (ROOMS if package == "landscape_sim" else NN_ROOMS):
        yield f"{where}: room {room} has no row in the table"
        return
    for line, module in imported_modules(tree):
        if import_violation(package, room, module):
            yield f"{where}:{line}: imports {module}"
    for line, call in unsafe_calls(tree):
        # The root package may load its public names when they are first used.
        if not (room == "__init__" and call.endswith("import_module")):
            yield f"{where}:{line}: {call}"
    if VAGUE_NAMES & set(where.with_suffix("").parts):
        yield f"{where}: a name that says nothing"
    if len(source.splitlines()) > MAX_LINES:
        yield f"{where}: more than {MAX_LINES} lines"
    if not (path.parent / "__init__.py").exists():
        yield f"{where}: not in a package, so no wheel would hold it"


def violations(root: Path) -> list[str]:
    """Return what the two packages under ``root`` do against the rules, one line each."""
    paths = [path for package in DECLARED for path in sorted((root / package).rglob("*.py"))]
    return [line for path in paths for line in file_violations(root, path)]


def room_graph() -> dict[str, set[str]]:
    return {room: {name.split(".")[0] for name in allowed} for room, allowed in ROOMS.items()}


def test_the_packages_keep_the_rules():
    assert violations(CHECKOUT) == []


def test_rooms_form_no_cycle():
    graphlib.TopologicalSorter(room_graph()).prepare()
    graphlib.TopologicalSorter(NN_ROOMS).prepare()


def independent_rooms_behind(first: str) -> set[str]:
    graph, reached, ahead = room_graph(), set(), {first}
    while ahead:
        reached |= ahead
        ahead = set().union(*(graph[room] for room in ahead)) - reached
    return reached & INDEPENDENT


@pytest.mark.parametrize("first", sorted(INDEPENDENT))
def test_independent_answers_do_not_reach_one_another(first):
    assert independent_rooms_behind(first) == {first}


def test_splitting_is_simulation_and_knows_neither_formula_nor_exact_answer():
    assert independent_rooms_behind("rare_events") == {"ensembles"}


def test_shared_test_modules_hide_no_standard_module():
    # tests/ is on the import path: a tests/statistics.py would replace Python's own.
    names = {path.stem for path in (CHECKOUT / "tests").iterdir()}
    assert not names & sys.stdlib_module_names


def write_module(root: Path, name: str, source: str) -> str:
    """Write a module of a package under ``root``, landscape_sim unless named; return its name."""
    name = name if name.startswith("nn_bridge") else f"landscape_sim/{name}"
    path = root / name
    path.parent.mkdir(parents=True)
    path.with_name("__init__.py").touch()
    path.write_text(source, encoding="utf-8")
    return name


# Negative controls: each breaks one rule, and the checker says which and where.
BROKEN = [
    ("theory/a.py", "import landscape_sim.exact as e", ":1: imports landscape_sim.exact"),
    ("exact/a.py", "from landscape_sim import theory", ":1: imports landscape_sim.theory"),
    ("large_deviations/a.py", "from landscape_sim.exact import b", "imports landscape_sim.exact.b"),
    ("large_deviations/a.py", "import landscape_sim.rare_events", "landscape_sim.rare_events"),
    ("ensembles/a.py", "from landscape_sim.exact.b import c", "imports landscape_sim.exact.b.c"),
    ("theory/a.py", "def f():\n    import landscape_sim.exact", ":2: imports landscape_sim.exact"),
    ("theory/a.py", "if TYPE_CHECKING:\n    import landscape_sim.exact", ":2: imports"),
    ("theory/a.py", "from landscape_sim import rate", "imports landscape_sim.rate"),
    ("theory/a.py", "from ..exact import b", "imports ..exact.b"),
    ("theory/a.py", "import_module('landscape_sim.exact')", "calls import_module"),
    ("theory/a.py", "importlib.import_module(name)", "calls import_module"),
    ("dynamics/a.py", "from landscape_sim.landscapes import b", "landscape_sim.landscapes.b"),
    ("kernels/a.py", "import landscape_sim.dynamics", "imports landscape_sim.dynamics"),
    ("estimators/a.py", "import numba", "imports numba"),
    ("estimators/a.py", "from torch import nn", "imports torch.nn"),
    ("comparison/a.py", "import torch", "imports torch"),
    ("escape/a.py", "from landscape_sim import comparison", "imports landscape_sim.comparison"),
    ("console/a.py", "from landscape_sim import plots", "imports landscape_sim.plots"),
    ("plots/a.py", "from landscape_sim import theory", "imports landscape_sim.theory"),
    ("results.py", "import landscape_sim.landscapes", "imports landscape_sim.landscapes"),
    ("cli.py", "import nn_bridge", "imports nn_bridge"),
    ("nn_bridge/data/a.py", "import landscape_sim.kernels", "imports landscape_sim.kernels"),
    ("nn_bridge/data/a.py", "import torchvision", "imports torchvision"),
    ("nn_bridge/data/a.py", "from nn_bridge.training import b", "imports nn_bridge.training.b"),
    ("nn_bridge/plots/a.py", "import nn_bridge.measurements", "imports nn_bridge.measurements"),
    ("nn_bridge/plots/a.py", "from landscape_sim import estimators", "landscape_sim.estimators"),
    ("nn_bridge/training/a.py", "from nn_bridge.gradients import b", "nn_bridge.gradients.b"),
    ("nn_bridge/measurements/a.py", "from nn_bridge.cli import b", "imports nn_bridge.cli.b"),
    ("nn_bridge/results/a.py", "import landscape_sim.console", "imports landscape_sim.console"),
    ("nn_bridge/attic.py", "", "room attic has no row"),
    ("attic.py", "", "room attic has no row"),
    ("theory/utils.py", "", "a name that says nothing"),
    ("theory/a.py", "x = 1\n" * (MAX_LINES + 1), "more than 300 lines"),
    ("theory/a.py", "import pickle", "imports pickle"),
    ("cli.py", "eval('1')", "calls eval"),
    ("cli.py", "exec('1')", "calls exec"),
    ("comparison/a.py", "import distributed", "imports distributed"),
    ("exact/a.py", "numpy.load(file, allow_pickle=True)", "uses allow_pickle"),
]


@pytest.mark.parametrize(("name", "source", "expected"), BROKEN)
def test_a_broken_rule_is_reported(tmp_path, name, source, expected):
    name = write_module(tmp_path, name, source)
    (found,) = violations(tmp_path)
    assert found.startswith(name)
    assert expected in found


def test_a_module_outside_any_package_is_reported(tmp_path):
    name = write_module(tmp_path, "theory/a.py", "")
    (tmp_path / name).with_name("__init__.py").unlink()
    (found,) = violations(tmp_path)
    assert "not in a package" in found


def test_a_cycle_and_a_detour_would_be_seen(monkeypatch):
    monkeypatch.setitem(ROOMS, "landscapes", {"exact"})
    with pytest.raises(graphlib.CycleError):
        test_rooms_form_no_cycle()
    with pytest.raises(AssertionError):
        test_independent_answers_do_not_reach_one_another("theory")


def test_a_cycle_in_nn_bridge_would_be_seen(monkeypatch):
    monkeypatch.setitem(NN_ROOMS, "memory", {"training"})
    with pytest.raises(graphlib.CycleError):
        test_rooms_form_no_cycle()


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("theory/a.py", "import math, scipy.stats\nfrom landscape_sim.theory import b"),
        ("dynamics/a.py", "from landscape_sim.landscapes.contract import LandscapeLike"),
        ("comparison/a.py", "from landscape_sim import ensembles, exact, theory\nimport xarray"),
        ("nn_bridge/data/a.py", "import torch\nfrom landscape_sim import seeds\nmodel.eval()"),
        ("nn_bridge/cli/a.py", "from nn_bridge import training\nimport landscape_sim.console"),
    ],
)
def test_what_is_allowed_is_not_reported(tmp_path, name, source):
    write_module(tmp_path, name, source)
    assert violations(tmp_path) == []
