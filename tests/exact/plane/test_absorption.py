"""The sparse solver against 60 digits, and the order of its elimination."""

import mpmath
import numpy as np
import pytest
from scipy.sparse import csc_array, csr_array, diags_array, kronsum
from scipy.sparse.linalg import splu

from landscape_sim.dynamics import ConstantNoise, HessianAlignedNoise, LossProportionalNoise
from landscape_sim.exact.plane.absorption import Absorption
from landscape_sim.exact.plane.dissection import dissection_order
from landscape_sim.exact.plane.framing import make_frame
from landscape_sim.exact.plane.generator import build_chain
from landscape_sim.exact.plane.region import find_region
from landscape_sim.landscapes import Ball, SeparableDoubleWell

WELL = SeparableDoubleWell.from_loss_ratio(5.0, barrier=1.0, stiffness=(8.0,))
OBLIQUE = ((2.0, 0.7), (0.7, 1.0))


def chain_of(noise):
    frame = make_frame(WELL, noise, (-1.0, 0.0), Ball((1.0, 0.0), 0.3), None)
    with np.errstate(all="ignore"):
        return build_chain(find_region(frame, (Ball((1.0, 0.0), 0.3),), 40).coarsened(4))


def matrix_of(chain):
    leaving = chain.exits.sum(axis=0) + chain.rates.sum(axis=1)
    return diags_array(leaving) - chain.rates


@pytest.mark.parametrize(
    "noise",
    [
        LossProportionalNoise(0.02),  # mean times of 1e37
        ConstantNoise(0.02),
        HessianAlignedNoise.from_hessian(OBLIQUE, 0.02, 1),
    ],
)
@pytest.mark.parametrize("is_transposed", [False, True])
def test_every_state_is_right_to_the_last_digits_however_rare_the_absorption(noise, is_transposed):
    chain = chain_of(noise)
    n_states = chain.exits.shape[1]
    source = np.random.default_rng(1).uniform(size=n_states)
    absorption = Absorption(chain)
    solve = absorption.solve_transposed if is_transposed else absorption.solve
    with mpmath.workdps(120):
        # The diagonal is summed there, not rounded.
        exact = mpmath.matrix((-chain.rates).toarray().tolist())
        for i in range(n_states):
            row = [*chain.rates[[i]].data, *chain.exits[:, i]]
            exact[i, i] = mpmath.fsum(map(mpmath.mpf, map(float, row)))
        exact = exact.T if is_transposed else exact
        expected = np.array(mpmath.lu_solve(exact, mpmath.matrix(source.tolist())), dtype=float)
    assert solve(source) == pytest.approx(expected, rel=1e-12)
    # Negative control: pivots by subtraction.
    matrix = matrix_of(chain)
    plain = splu(csc_array(matrix.T if is_transposed else matrix)).solve(source)
    assert np.abs(plain / expected - 1).max() > 1e-3


@pytest.mark.parametrize("shape", [(400, 400), (20, 20, 20)])
def test_the_order_fills_in_less_than_minimum_degree(shape):
    neighbours = csr_array((1, 1))
    for n in shape:
        line = diags_array([np.ones(n - 1)] * 2, offsets=[-1, 1], shape=(n, n))
        neighbours = kronsum(line, neighbours)
    nodes = np.indices(shape).reshape(len(shape), -1)
    is_even = nodes.sum(axis=0) % 2 == 0
    order = dissection_order(nodes[:, is_even])
    assert np.array_equal(np.sort(order), np.arange(len(order)))
    # What is left is coupled over one neighbour.
    matrix = csr_array((neighbours @ neighbours)[is_even][:, is_even])
    matrix.setdiag(100.0)
    options = {"diag_pivot_thresh": 0.0, "options": {"SymmetricMode": True}}
    least = splu(csc_array(matrix), permc_spec="MMD_AT_PLUS_A", **options).L.nnz
    here = splu(csc_array(matrix[order][:, order]), permc_spec="NATURAL", **options).L.nnz
    assert here < 0.95 * least
