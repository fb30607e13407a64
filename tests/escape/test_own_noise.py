"""A noise model from outside the package, through every method."""

from __future__ import annotations

import json
import math
from typing import NamedTuple

import numpy as np
import pytest
from root_noise import RootNoise

import landscape_sim as ls
from landscape_sim.cli import main

Z = 4.4  # false alarm 1.1e-5 a check, seeds fixed
ls.register_noise(RootNoise)
WELL = ls.QuarticDoubleWell.from_loss_ratio(2.0, 0.25)


@pytest.fixture(scope="module")
def escape():
    return ls.Escape(WELL, temperature=0.2, noise="root")


def test_quadrature_is_that_of_its_scale_and_speed_density(escape):
    exact = escape.exact()
    (c,) = escape.noise
    assert c == 0.2 * math.sqrt(WELL.floor)
    # (1/c) ∫_{−1}^{1} e^{2 sqrt(L(y))/c} ∫_{−∞}^{y} e^{−2 sqrt(L(z))/c}/sqrt(L(z)) dz dy.
    z = np.linspace(-6.0, 1.0, 200_001)
    root = np.sqrt(WELL.loss((z,)))
    speed = np.exp(-2.0 * root / c) / root
    mass = np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * np.diff(z))])
    inside = z >= -1.0
    time = np.trapezoid((np.exp(2.0 * root / c) * mass)[inside], z[inside]) / c
    assert exact.log_rate == pytest.approx(-math.log(time), abs=1e-6)
    # Neither of the two noises that are as strong at the minimum.
    for other in ("isotropic", "constant"):
        rate = ls.Escape(WELL, temperature=0.2, noise=other).exact()
        assert abs(rate.log_rate - exact.log_rate) > 0.1


@pytest.mark.parametrize(
    ("method", "relative_error", "factor"), [("simulate", 0.05, 2.0), ("splitting", 0.15, 4.0)]
)
def test_simulation_and_splitting_agree_with_it(escape, method, relative_error, factor):
    answer, exact = escape.rate(method, relative_error=relative_error), escape.exact()
    error = math.hypot(answer.relative_standard_error, answer.relative_discretisation_error)
    assert abs(answer.log_rate - exact.log_rate) < Z * error
    # Negative control.
    assert abs(answer.log_rate - exact.log_rate - math.log(factor)) > Z * error


def test_no_formula_is_made_up_for_it(escape):
    with pytest.raises(ls.InputError, match="no formula is known for the noise 'root'"):
        escape.formula()


def test_the_plane_and_the_command_line_know_it(capsys, monkeypatch):
    plane = ls.SeparableDoubleWell.from_loss_ratio(2.0, 0.25, (2.0,))
    rates = [
        ls.Escape(plane, temperature=0.2, noise=noise).exact(n_cells=60).log_rate
        for noise in ("root", "isotropic", "constant")
    ]
    # In the middle: between noise that grows with the loss and noise that does not.
    assert rates[2] < rates[0] < rates[1]
    options = "rate --landscape quartic --learning-rate 0.1 --batch-size 1 --method exact --json"
    monkeypatch.setattr("sys.argv", ["landscape-sim", *options.split(), "--noise", "root"])
    assert main() == 0
    assert json.loads(capsys.readouterr().out)["noise"] == "root"


def test_a_noise_that_does_not_say_what_it_presupposes_is_refused():
    class Silent(NamedTuple):
        strength: float

        def matrix(self, dimension):
            return self.strength * np.eye(dimension)

    with pytest.raises(ls.InputError, match="does not say 'name'"):
        ls.Escape(WELL, noise=Silent(0.1))


def test_a_name_is_taken_once():
    ls.register_noise(RootNoise)

    class Other(RootNoise):
        pass

    with pytest.raises(ls.InputError, match="'root' already"):
        ls.register_noise(Other)
