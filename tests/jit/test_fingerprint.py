"""What a fingerprint sees of a user's landscape: code and values, here and in other modules."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest

from landscape_sim import InputError
from landscape_sim.jit.fingerprint import fingerprint
from landscape_sim.jit.unknown import UnknownCode
from landscape_sim.kernels.first_passage import run_blocks
from landscape_sim.landscapes import QuarticDoubleWell

HELPERS = """
from numba import njit
from numba.extending import register_jitable

FLOOR = 0.25

@njit
def square(x):
    return x * x + FLOOR

@register_jitable
def half(x):
    return 0.5 * x
"""
LANDSCAPE = """
import math
from typing import NamedTuple
import numpy as np
import helpers
from helpers import half, square

HEIGHT, TABLE, WORDS = 2.0, np.array([1.0, 2.0]), ("a", 1, (2.5, None))

class Well(NamedTuple):
    width: float

    def loss(self, x):
        if WORDS[1] == 1:
            return HEIGHT * square(x[0] / self.width) + TABLE[1] + helpers.half(math.exp(x[0]))
        return half(x[0])

    def gradient(self, x):
        return (self.steep(x),)

    def steep(self, x):
        return 2.0 * x[0]

    def drawn(self, axes):
        return UNKNOWN_LIBRARY.draw(axes)
"""
UNKNOWN_LIBRARY = object()


def run(name, source):
    module = ModuleType(name)
    module.UNKNOWN_LIBRARY = UNKNOWN_LIBRARY
    exec(compile(source, f"/nowhere/{name}.py", "exec"), vars(module))
    return module


@pytest.fixture
def user(monkeypatch):
    """Run the user's two modules, with some text replaced by other text; return the second."""

    def define(old="", new=""):
        monkeypatch.setitem(sys.modules, "helpers", run("helpers", HELPERS.replace(old, new)))
        return run("wells", LANDSCAPE.replace(old, new))

    return define


def of(module):
    return fingerprint(run_blocks, {module.Well})


def test_the_same_code_has_the_same_fingerprint_wherever_it_stands(user):
    first = of(user())
    assert of(user()) == first
    assert of(user("import math\n", "import math\n\n\n# Moved down.\n")) == first
    assert fingerprint(run_blocks, {QuarticDoubleWell}) != first


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x * x", "x * x * x"),  # a compiled helper in another module
        ("FLOOR = 0.25", "FLOOR = 0.26"),  # a constant that the helper reads
        ("@njit", "@njit(fastmath=True)"),
        ("0.5 * x", "0.6 * x"),  # a helper that Numba compiles by its overload
        ("HEIGHT, TABLE, WORDS = 2.0", "HEIGHT, TABLE, WORDS = 3.0"),
        ("[1.0, 2.0]", "[1.0, 2.5]"),
        ("None", "True"),  # deep in a tuple
        ("math.exp", "math.sinh"),
        ("2.0 * x[0]", "4.0 * x[0]"),  # a method that a method calls
        ("self.width)", "-self.width)"),
    ],
)
def test_an_edit_is_seen(user, old, new):
    assert old in LANDSCAPE + HELPERS
    assert of(user(old, new)) != of(user())


def test_an_edit_of_what_no_kernel_calls_is_not(user):
    assert of(user("draw(axes)", "paint(axes)")) == of(user())


@pytest.mark.parametrize("reads", ["UNKNOWN_LIBRARY.x", "untyped(x[0])"])
def test_of_what_cannot_be_hashed_nothing_is_said(user, reads):
    module = user("2.0 * x[0]", reads)
    module.untyped = lambda x: x
    with pytest.raises(UnknownCode):
        of(module)


def test_what_was_compiled_before_it_was_seen_is_unknown(user):
    module = user()
    module.square(1.0)
    with pytest.raises(UnknownCode, match="before"):
        of(module)


def test_what_numba_caches_itself_is_unknown(tmp_path, monkeypatch):
    # Its cache does not see that a constant from another file has changed.
    (tmp_path / "cached_helper.py").write_text(HELPERS.replace("@njit\n", "@njit(cache=True)\n"))
    monkeypatch.syspath_prepend(tmp_path)
    import cached_helper

    class Well(NamedTuple):
        width: float

        def loss(self, x):
            return cached_helper.square(x[0])

    with pytest.raises(UnknownCode):
        fingerprint(run_blocks, {Well})


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda module: setattr(module, "HEIGHT", 3.0), "HEIGHT"),
        (lambda module: module.TABLE.__setitem__(0, 9.0), "TABLE"),
        (lambda module: setattr(sys.modules["helpers"], "FLOOR", 1.0), "FLOOR"),
        (lambda module: setattr(module, "square", sys.modules["helpers"].half), "square"),
    ],
)
def test_a_change_after_the_first_use_is_refused(user, change, name):
    module = user()
    first = of(module)
    assert of(module) == first
    change(module)
    with pytest.raises(InputError, match=f"another value of {name}"):
        of(module)
    # Defined again, all is new.
    assert of(user()) == first


def test_classes_of_the_package_count_with_their_files():
    class Steeper(QuarticDoubleWell):
        def gradient(self, x):
            return (2.0 * x[0],)

    class Deeper(NamedTuple):
        scale: float

        def loss(self, x):
            return np.float64(self.scale) * x[0]

    found = {fingerprint(run_blocks, {one}) for one in (QuarticDoubleWell, Steeper, Deeper)}
    assert len(found) == 3
