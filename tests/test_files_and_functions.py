"""No circle between files, and no long or wide function without a reason beside it.

A reason is a comment that begins with ``# Long:`` or ``# Wide:``, on the line above the function
or its first decorator.
"""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGES = ("landscape_sim", "nn_bridge")
MOST_LINES, MOST_ARGUMENTS = 40, 8


def modules(root: Path) -> dict[str, Path]:
    found = {}
    for path in (path for package in PACKAGES for path in (root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """Yield the modules among ``known`` that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            full = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in known else str(node.module) for name in full)


def file_graph(root: Path) -> dict[str, set[str]]:
    known = modules(root)
    return {
        name: {other for other in imports(path, known) if other in known} - {name}
        for name, path in known.items()
    }


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function, its docstring apart."""
    first = function.body[0]
    has_docstring = ast.get_docstring(function, clean=False) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def n_arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    given = function.args
    return len(given.posonlyargs) + len(given.args) + len(given.kwonlyargs)


def oversized(source: str) -> Iterator[str]:
    """Yield the functions that are too long or too wide and give no reason."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        above = []
        while lines[first - 2].lstrip().startswith("#"):
            above.append(lines[first - 2].strip())
            first -= 1
        for kind, size, most in (
            ("Long", code_lines(node), MOST_LINES),
            ("Wide", n_arguments(node), MOST_ARGUMENTS),
        ):
            if size > most and not any(line.startswith(f"# {kind}: ") for line in above):
                yield f"{node.name}:{node.lineno}: {kind.lower()}, {size} > {most}"


def test_no_circle_between_files():
    graphlib.TopologicalSorter(file_graph(CHECKOUT)).prepare()


def test_functions_are_short_and_narrow_or_say_why_not():
    found = [
        f"{path.relative_to(CHECKOUT)}:{line}"
        for path in modules(CHECKOUT).values()
        for line in oversized(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(a, b, c, d, e, *, f, g, h, i):\n    pass", "wide, 9 > 8"),
        ("def f():\n" + "    x = 1\n" * 40, "long, 41 > 40"),
        ("# Wide: why\ndef f():\n" + "    x = 1\n" * 40, "long, 41 > 40"),
    ],
)
def test_an_oversized_function_is_reported(source, expected):
    (found,) = oversized(source)
    assert found.endswith(expected)


@pytest.mark.parametrize(
    "source",
    [
        "# Wide: one argument an option\n@command\ndef f(a, b, c, d, e, f, g, h, i):\n    pass",
        'def f():\n    """Return.\n' + "\n" * 50 + '    """\n',
        "# Long: one loop\ndef f():\n" + "    x = 1\n" * 40,
    ],
)
def test_a_reason_and_a_docstring_are_accepted(source):
    assert list(oversized(source)) == []


def test_a_circle_would_be_seen(tmp_path):
    for name, source in (
        ("a", "from landscape_sim import b"),
        ("b", "def f():\n    from landscape_sim.a import g"),
    ):
        path = tmp_path / "landscape_sim" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(file_graph(tmp_path)).prepare()
