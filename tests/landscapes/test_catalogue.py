"""The catalogue's answers: confirmed without a search, by the search, and by the literature."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

import landscape_sim as ls

ENTRIES = ls.catalogue()
ESCAPES = [entry for entry in ENTRIES if entry.target is not None]
in_catalogue = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


def derivatives(function, x):
    """Return derivatives by a complex step, rows by coordinate."""
    return np.array([np.imag(function(tuple(x + 1e-200j * e))) / 1e-200 for e in np.eye(len(x))])


def check_point(landscape, point, index):
    """Check a known point without the search and without the generated derivatives.

    The position has 16 digits, so the slope is at most curvature times rounding.
    """
    x = np.array(point.position)
    hessian = np.column_stack(derivatives(landscape.gradient, x))
    size = np.max(np.abs(hessian)) + 1.0
    np.testing.assert_allclose(derivatives(landscape.loss, x), 0.0, atol=1e-14 * size)
    np.testing.assert_allclose(landscape.loss(point.position), point.loss, rtol=1e-14)
    eigenvalues = np.linalg.eigvalsh(hessian)
    assert np.count_nonzero(eigenvalues < 0) == index
    assert np.min(np.abs(eigenvalues)) > 1e-2


@in_catalogue
def test_known_points_are_minima_and_saddles_with_the_known_loss(entry):
    for points, index in ((entry.minima, 0), (entry.saddles, 1)):
        for point in points:
            check_point(entry.landscape, point, index)


def test_a_wrong_answer_would_be_seen():
    entry = ls.from_catalogue("tilted-quartic")
    (saddle,) = entry.saddles
    for wrong in (
        type(saddle)((saddle.position[0] + 1e-12,), saddle.loss),
        type(saddle)(saddle.position, saddle.loss * (1 + 1e-12)),
    ):
        with pytest.raises(AssertionError):
            check_point(entry.landscape, wrong, 1)
    with pytest.raises(AssertionError):
        check_point(entry.landscape, saddle, 0)


@in_catalogue
def test_the_search_finds_all_minima_and_the_connecting_saddles(entry):
    found = ls.find_critical_points(entry.landscape)
    minima = sorted(point.position for point in found if point.index == 0)
    np.testing.assert_allclose(minima, sorted(p.position for p in entry.minima), rtol=0, atol=1e-9)
    saddles = np.array([point.position for point in found if point.index == 1])
    for point in entry.saddles:
        assert np.min(np.linalg.norm(saddles - point.position, axis=1)) < 1e-9
    assert len(saddles) == len(entry.saddles)


@pytest.mark.parametrize("entry", ESCAPES, ids=lambda entry: entry.name)
def test_the_escape_leads_over_the_lowest_known_saddle_that_connects(entry):
    route = ls.find_escape_route(entry.landscape, entry.start, entry.target)
    np.testing.assert_allclose(route.minimum.position, entry.start, rtol=0, atol=1e-9)
    np.testing.assert_allclose(route.destination.position, entry.target, rtol=0, atol=1e-9)
    # Of several saddles the first of the list is the one of this escape.
    np.testing.assert_allclose(route.saddle.position, entry.saddles[0].position, rtol=0, atol=1e-9)
    np.testing.assert_allclose(route.saddle.loss, entry.saddles[0].loss, rtol=1e-12)
    assert 2.0 < route.loss_ratio < 5.0


@in_catalogue
def test_the_loss_is_positive_and_its_stationary_law_can_be_normalised(entry):
    landscape, n = entry.landscape, len(entry.domain)
    assert min(point.loss for point in entry.minima) > 0
    directions = np.random.default_rng(0).normal(size=(2000, n))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    radii = np.array([2.0, 4.0, 8.0, 16.0])
    x = radii[:, None] * directions.T[:, None, :]
    lowest = np.min(landscape.loss(tuple(x)), axis=1)
    assert np.all(lowest > 0)
    # L ~ r^p with p (1 + 1/T) > n leaves a finite integral; T = 0.2.
    assert np.all(np.diff(np.log(lowest)) / np.log(2.0) > n / 6.0)
    corners = np.array(np.meshgrid(*([np.linspace(-4, 4, 81 if n < 3 else 9)] * n)))
    assert np.min(landscape.loss(tuple(corners))) >= 0.999 * min(p.loss for p in entry.minima)


def test_the_search_box_holds_every_known_point():
    for entry in ENTRIES:
        for point in (*entry.minima, *entry.saddles):
            for x, (low, high) in zip(point.position, entry.domain, strict=True):
                assert low < x < high


def test_mueller_brown_is_that_of_the_literature():
    """Against the parameters of the paper, with 30 digits."""
    terms = [(-200, -1, 0, -10, 1, 0), (-100, -1, 0, -10, 0, 0.5)]
    terms += [(-170, -6.5, 11, -6.5, -0.5, 1.5), (15, 0.7, 0.6, 0.7, -1, 1)]
    terms = [tuple(mpmath.mpf(str(number)) for number in term) for term in terms]

    def surface(x, y):
        return mpmath.fsum(
            height * mpmath.exp(a * (x - x0) ** 2 + b * (x - x0) * (y - y0) + c * (y - y0) ** 2)
            for height, a, b, c, x0, y0 in terms
        )

    entry = ls.from_catalogue("mueller-brown")
    with mpmath.workdps(30):
        for point in (*entry.minima, *entry.saddles):
            slopes = [mpmath.diff(surface, point.position, n) for n in ((1, 0), (0, 1))]
            assert max(map(abs, slopes)) < 1e-12  # curvature 1e3 times rounding of the position
            known = mpmath.mpf("1.9") + surface(*point.position) / 100
            assert abs(known - point.loss) < 1e-15
    x = (0.3, 0.8)
    np.testing.assert_allclose(entry.landscape.loss(x), float(1.9 + surface(*x) / 100), rtol=1e-14)


def test_names_are_unique_and_an_unknown_one_is_refused_with_the_list():
    names = [entry.name for entry in ENTRIES]
    assert len(set(names)) == len(names) >= 10
    assert [ls.from_catalogue(name).name for name in names] == names
    with pytest.raises(
        ls.InputError, match=r"'quadric'; choose one of quartic, .*bowl-2d"
    ) as error:
        ls.from_catalogue("quadric")
    assert "\n" not in str(error.value)
