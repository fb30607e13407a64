"""Code that is not what it seems: replaced, named like a library, or known only to Numba."""

from __future__ import annotations

import statistics
import sys
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest
from numba import types
from numba.extending import overload, overload_attribute, overload_method, register_jitable

from landscape_sim import InputError
from landscape_sim.jit.fingerprint import fingerprint
from landscape_sim.jit.origin import is_library
from landscape_sim.jit.unknown import UnknownCode
from landscape_sim.kernels import excursions
from landscape_sim.kernels.first_passage import run_blocks
from landscape_sim.landscapes import QuarticDoubleWell


def define(body="return x[0]", fields="width: float", module="wells", **names):
    """Return a class as a user's file would define it."""
    space = vars(ModuleType(module)) | {"NamedTuple": NamedTuple, **names}
    lines = ["class Well(NamedTuple):", *(f"    {one}" for one in fields.split("; "))]
    lines += ["    def loss(self, x):", f"        {body}"]
    exec(compile("\n".join(lines), f"/nowhere/{module}.py", "exec"), space)
    return space["Well"]


def of(*classes):
    return fingerprint(run_blocks, classes)


def test_the_order_of_fields_counts():
    one, two = (define(fields=fields) for fields in ("a: float; b: float", "b: float; a: float"))
    assert of(one) == of(define(fields="a: float; b: float")) != of(two)
    reads = [of(define("return POINT.a", POINT=each(1.0, 2.0))) for each in (one, two)]
    assert reads[0] != reads[1]


def test_the_layout_of_a_structure_counts():
    def with_array(*names):
        return define("return TABLE[0].u", TABLE=np.array([(1.0, 2.0)], [(n, "f8") for n in names]))

    assert of(with_array("u", "v")) == of(with_array("u", "v")) != of(with_array("v", "u"))


@pytest.mark.parametrize("other", [{"module": "hills"}, {"body": "return 2.0 * x[0]"}, {"K": 2.0}])
def test_classes_that_change_places_count(other):
    body = {"body": "return K * x[0]", "K": 1.0}
    one, two = define(**body), define(**{**body, **other})
    assert of(one, two) == of(define(**body), define(**{**body, **other})) != of(two, one)


def test_a_class_may_name_itself_and_count_no_less():
    found = set()
    for factor in (1.0, 2.0, 1.0):
        names: dict[str, object] = {"K": factor}
        one = define("return Well(K * x[0]).width", **names)
        one.loss.__globals__["Well"] = one
        found.add(of(one))
    assert len(found) == 2


def test_a_method_set_in_a_class_of_the_package_is_foreign(monkeypatch):
    own = of(QuarticDoubleWell)
    first = QuarticDoubleWell.loss
    monkeypatch.setattr(QuarticDoubleWell, "loss", define().loss)
    with pytest.raises(InputError, match="another method loss; define the class again"):
        of(QuarticDoubleWell)

    class Fresh(QuarticDoubleWell):
        pass

    with pytest.raises(UnknownCode, match="taken the place"):
        of(Fresh)
    monkeypatch.setattr(QuarticDoubleWell, "loss", first)
    assert of(QuarticDoubleWell) == own


def test_a_constant_set_in_a_module_of_the_package_counts(monkeypatch):
    def found():
        return fingerprint(excursions.run_excursions, [QuarticDoubleWell])

    own = found()
    with monkeypatch.context() as changed:
        changed.setattr(excursions, "LONGEST_BLOCK", 8)
        assert found() != own
    with monkeypatch.context() as changed:
        changed.setattr(excursions, "_settle", define().loss)
        with pytest.raises(UnknownCode, match="taken the place"):
            found()
    assert found() == own


def test_a_method_that_was_replaced_is_refused():
    one, other = define("return K * x[0]", K=1.0), define("return 3.0 * x[0]")
    of(one)
    one.loss = define("return K * x[0]", K=1.0).loss
    of(one)  # it is the same
    one.loss = other.loss
    with pytest.raises(InputError, match="Well has been compiled with another method loss"):
        of(one)


def test_code_that_was_replaced_in_a_function_is_refused():
    one = define()
    of(one)
    one.loss.__code__ = define("return 3.0 * x[0]").loss.__code__
    with pytest.raises(InputError, match="another value of its code"):
        of(one)


def test_a_users_file_named_like_a_library_is_no_library(monkeypatch):
    module = ModuleType("profile")
    module.__file__ = "/home/somebody/profile.py"
    monkeypatch.setitem(sys.modules, "profile", module)
    found = set()
    for body in ("return x[0]", "return 2.0 * x[0]"):
        module.Well = define(body, module="profile")
        assert not is_library(module.Well)
        found.add(of(module.Well))
    assert len(found) == 2
    assert all(map(is_library, (len, statistics.mean, np.exp, np.sum, np.float64)))


# What is registered stays so: names and functions that no other test uses.


def test_methods_and_attributes_that_a_user_registered_are_unknown():
    plain = define()
    by_helper = define("return helper(self, x)", helper=register_jitable(lambda w, x: w.slant(x)))
    of(plain), of(by_helper)
    overload_attribute(types.BaseNamedTuple, "sharpness")(lambda self: lambda self: 1.0)
    overload_method(types.BaseNamedTuple, "slant")(lambda self, x: lambda self, x: x[0])
    of(plain)
    readers = "return self.sharpness", "return [self.slant(x) for _ in x][0]"
    for one in (*map(define, readers), by_helper):
        with pytest.raises(UnknownCode, match="was registered with Numba"):
            of(one)


def test_a_function_of_a_library_that_a_user_registered_is_unknown():
    one = define("return statistics.mean(x)", statistics=statistics)
    of(one)
    overload(statistics.mean)(lambda x: lambda x: x[0])
    with pytest.raises(UnknownCode, match="was registered with Numba"):
        of(one)
