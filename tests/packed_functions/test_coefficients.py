"""The coefficients are those that their derivation gives, and leave out less than half an ulp."""

from __future__ import annotations

import pytest
from derived_coefficients import constants, derived

from landscape_sim.packed_functions import exponentials, logarithms, trigonometric

ROOMS = (exponentials, logarithms, trigonometric)


def written(name):
    return next(getattr(room, name) for room in ROOMS if hasattr(room, name))


@pytest.fixture(scope="module")
def polynomials():
    return derived()


@pytest.mark.parametrize("name", ["EXPM1", "COSH", "SINH", "LOG", "SIN", "COS", "ATAN"])
def test_coefficients_are_derived(name, polynomials):
    coefficients, error = polynomials[name]
    assert written(name) == coefficients
    assert error < 2.0**-55


@pytest.mark.parametrize("name", constants())
def test_parts_are_derived(name):
    assert written(name) == constants()[name]
