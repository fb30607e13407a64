"""Noise of unequal strengths: the region of a passage holds the detours over high loss."""

from __future__ import annotations

import math

import numpy as np
import pytest

import landscape_sim as ls
from landscape_sim.exact.plane import scan
from landscape_sim.exact.plane.detours import excess_actions
from landscape_sim.exact.plane.frame import Frame
from landscape_sim.validation import InputError

RATIO, BARRIER = 4.0, 0.25
#: Four times as stiff across as along the escape, ``h_e* = 2``.
STIFF = ls.SeparableDoubleWell.from_loss_ratio(RATIO, BARRIER, (8.0,))


def escape_at(temperature, noise="hessian", **options):
    return ls.Escape(STIFF, temperature=temperature, noise=noise, **options)


def test_the_action_in_a_bowl_is_bounded_from_below():
    """``U = Σ λ_k z_k²/2``: the axes decouple, and ``V = Σ λ_k z_k²/2M_k``."""
    axes = np.linspace(-1.0, 1.5, 126), np.linspace(-2.0, 2.0, 101)
    z0, z1 = np.meshgrid(*axes, indexing="ij")
    strengths = np.array([0.05, 0.2])  # square cells in the metric of the noise
    potential = 0.5 * (z0**2 + 3.0 * z1**2)
    action = 0.5 * (z0**2 / strengths[0] + 3.0 * z1**2 / strengths[1])
    is_target = z0 >= 1.0 - 1e-9
    start = 50, 50
    assert (z0[start], z1[start]) == pytest.approx((0.0, 0.0), abs=1e-12)
    excess = excess_actions(
        axes, strengths, potential, start, is_target, 20.0, [(False, False)] * 2
    )
    found = excess + 0.5 / strengths[0]
    inner = np.isfinite(excess) & ~is_target & (np.hypot(z0, z1) > 0.3)
    assert inner.sum() > 3000
    # An ascent costs |b| twice a length, and only once what a zigzag makes longer.
    lowest = 0.5 * (1.0 + math.cos(math.atan(0.5) / 2))
    assert (found[inner] / action[inner]).min() > lowest - 1e-3
    assert (found[inner] / action[inner]).max() < 1.0 + 1e-3


@pytest.mark.parametrize("noise", ["isotropic", "hessian"])
def test_the_region_reaches_no_higher_than_the_noise_can_lift_it(noise):
    temperature = 0.1
    passage = escape_at(temperature, noise).exact(n_cells=240).detail
    visited = np.isfinite(passage.mean_times) & (passage.mean_times > 0)
    loss = STIFF.loss((passage.x, passage.y))[visited]
    height = math.log(loss.max() / (BARRIER / (RATIO - 1.0)))
    strongest = temperature * (4.0 if noise == "hessian" else 1.0)
    margin = math.log(1e8)
    # A place with U costs (U − U*)/M_max or more, the saddle (U_s − U*)/M_min or less.
    assert height < strongest * (math.log(RATIO) / temperature + margin) * (1 + 1e-3)
    if noise == "hessian":  # by height alone the region ended here
        assert height > math.log(RATIO) + strongest * margin
    else:
        assert height > 0.95 * (math.log(RATIO) + strongest * margin)


def test_a_domain_that_cuts_the_detour_is_refused():
    """The best path leads over ``y = 1.4``: without it the rate is a third at this noise."""
    domain = ((-3.0, 3.0), (-1.2, 1.2))
    with pytest.raises(InputError, match=r"domain cuts off ways that matter: .*L\(.*widen") as no:
        escape_at(0.025, domain=domain).exact(n_cells=100)
    assert "\n" not in str(no.value)


def test_a_target_that_nothing_leads_to_is_refused():
    wall = ((-3.0, 0.5), (-9.0, 9.0))
    noise = ls.HessianAlignedNoise.from_hessian(np.diag([2.0, 8.0]), 0.05, 1)
    with pytest.raises(InputError, match="no way leads"):
        ls.mean_first_passage_time(
            STIFF, noise, (-1.0, 0.0), ls.Ball((1.0, 0.0), 0.25), domain=wall
        )


@pytest.mark.slow
def test_twice_the_margin_is_the_same_rate(monkeypatch):
    rate = escape_at(0.035).exact(n_cells=400).log_rate
    with monkeypatch.context() as patch:
        patch.setattr(scan, "MARGIN", 2.0 * scan.MARGIN)
        wider = escape_at(0.035).exact(n_cells=400).log_rate
    assert wider == pytest.approx(rate, abs=1e-3)
    # Negative control: by height, up to 1e-8 of the strong noise, a fifth of the rate is lost.
    monkeypatch.setattr(Frame, "is_reversible", property(lambda _: True))
    monkeypatch.setattr(scan, "MARGIN", 4.0 * scan.MARGIN)
    by_height = escape_at(0.035).exact(n_cells=400).log_rate
    assert by_height < rate - 0.15


@pytest.mark.slow
def test_the_rate_tends_to_that_of_the_instanton():
    excess = []
    for temperature in (0.035, 0.025):
        escape = escape_at(temperature)
        excess.append(escape.exact(n_cells=500).log_rate - escape.instanton().log_rate)
    # Of the order of T, and the pass beside the detour, which dies faster.
    assert 0.0 < excess[1] < 0.75 * excess[0] < 0.5
