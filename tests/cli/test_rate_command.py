"""``landscape-sim rate`` and ``landscape-sim landscapes`` through their real entry point."""

from __future__ import annotations

import json
import math

import pytest

QUARTIC = ("--loss", "0.25 + 0.5*(x**2 - 1)**2", "--variables", "x", "--start=-1", "--target=1")
PLANE = (
    *("--loss", "0.25 + 0.5*(x**2 - 1)**2 + y**2 + 0.3*x*y", "--variables", "x,y"),
    *("--start=-1,0", "--target=1,0"),
)
SGD = ("--learning-rate", "0.1", "--batch-size", "1")
ROUGHLY = ("--relative-error", "0.04")
KEYS = {
    *("method", "rate", "low", "high", "confidence_level", "n_events", "path_steps"),
    *("log_rate", "log_low", "log_high", "relative_standard_error", "effective_events"),
    *("wall_seconds", "minimum", "saddle", "loss_ratio", "outlier_curvature"),
    *("power_law_exponent", "caveats", "saddles"),
}


def rate(cli, *arguments):
    done = cli("rate", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("noise", ["isotropic", "hessian", "constant"])
def test_three_methods_answer_the_same_question(landscape_sim_cli, noise):
    options = (*QUARTIC, *SGD, "--noise", noise)
    formula, exact, simulated = (
        rate(landscape_sim_cli, *options, "--method", method, *ROUGHLY)
        for method in ("formula", "exact", "simulate")
    )
    for record in (formula, exact, simulated):
        assert set(record) >= KEYS
        assert record["loss_ratio"] == pytest.approx(3.0)
        assert record["outlier_curvature"] == pytest.approx(4.0)
    # In one dimension isotropic and Hessian-aligned noise are one; T = 0.4.
    expected = None if noise == "constant" else pytest.approx(1 / 0.4 + 0.5)
    assert formula["power_law_exponent"] == expected
    # The law is asymptotic: its first correction is of order T.
    assert abs(math.log(formula["rate"] / exact["rate"])) < 0.4
    assert exact["low"] <= exact["rate"] <= exact["high"]
    # 4.4 standard errors are 2.2 half-widths of a 95 % interval.
    half = simulated["high"] - simulated["rate"]
    assert abs(simulated["rate"] - exact["rate"]) < 2.2 * half
    assert abs(simulated["rate"] - 1.25 * exact["rate"]) > 2.2 * half
    assert simulated["n_events"] > 500


@pytest.mark.parametrize("noise", ["isotropic", "hessian"])
def test_in_two_dimensions_simulation_agrees_with_the_grid(landscape_sim_cli, noise):
    options = (*PLANE, *SGD, "--noise", noise)
    exact = rate(landscape_sim_cli, *options, "--method", "exact")
    simulated = rate(landscape_sim_cli, *options, "--method", "simulate", *ROUGHLY)
    half = simulated["high"] - simulated["rate"]
    assert abs(simulated["rate"] - exact["rate"]) < 2.2 * half
    assert abs(simulated["rate"] - 1.25 * exact["rate"]) > 2.2 * half
    assert len(exact["minimum"]["eigenvalues"]) == 2


def test_both_forms_are_given_where_they_differ(landscape_sim_cli):
    record = rate(landscape_sim_cli, *PLANE, *SGD)
    kramers, printed = record["forms"]["eyring-kramers"], record["forms"]["printed"]
    assert kramers == {"rate": record["rate"], "log_rate": record["log_rate"]}
    # Eq. (15), from what else is printed.
    root = math.sqrt(record["outlier_curvature"] * -record["saddle"]["eigenvalues"][0])
    power = record["loss_ratio"] ** -record["power_law_exponent"]
    assert printed["rate"] == pytest.approx(root / (2 * math.pi) * power)
    assert printed["rate"] != pytest.approx(kramers["rate"], rel=1e-3)
    shown = landscape_sim_cli("rate", *PLANE, *SGD).stdout
    assert f"Eq. (15) as printed gives {printed['rate']:.6g} per t" in shown
    # In one dimension they are one, and other methods have no forms.
    assert "as printed" not in landscape_sim_cli("rate", *QUARTIC, *SGD).stdout
    assert rate(landscape_sim_cli, *QUARTIC, *SGD, "--method", "exact")["forms"] is None


def test_a_seed_reproduces_and_lines_are_for_reading(landscape_sim_cli):
    options = (*QUARTIC, *SGD, "--method", "simulate", "--relative-error", "0.1")
    first, again, other = (
        rate(landscape_sim_cli, *options, "--seed", seed)["rate"] for seed in ("1", "1", "2")
    )
    assert first == again
    assert first != other
    shown = landscape_sim_cli("rate", *QUARTIC, *SGD).stdout
    assert "escape rate (formula, isotropic noise)" in shown
    assert "saddle" in shown


def test_a_rate_below_the_smallest_float_is_no_zero(landscape_sim_cli):
    slow = (*QUARTIC, "--learning-rate", "0.0002", "--batch-size", "1", "--method", "exact")
    record = rate(landscape_sim_cli, *slow)
    assert record["rate"] == 0.0
    assert record["log_low"] <= record["log_rate"] <= record["log_high"] < -1000
    shown = landscape_sim_cli("rate", *slow).stdout
    exponent = math.floor(record["log_rate"] / math.log(10))
    assert f"e{exponent} per t" in shown


def test_frozen_directions_and_another_outlier_curvature(landscape_sim_cli):
    soft = ("--loss", "0.25 + 0.5*(x**2 - 1)**2 + 0.1*y**2", *PLANE[2:], *SGD)
    frozen = rate(landscape_sim_cli, *soft, "--method", "exact", "--n-outliers", "1")
    one = rate(landscape_sim_cli, *QUARTIC, *SGD, "--method", "exact")
    assert frozen["rate"] == pytest.approx(one["rate"], rel=1e-6)
    named = rate(landscape_sim_cli, *QUARTIC, *SGD, "--outlier-curvature", "2")
    assert named["power_law_exponent"] == pytest.approx(1 / 0.2 + 0.5)


def test_temperature_saddle_and_notes(landscape_sim_here, monkeypatch):
    def shown(*arguments, columns="80"):
        monkeypatch.setenv("COLUMNS", columns)
        done = landscape_sim_here("rate", *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    by_sgd = shown(*QUARTIC, *SGD)
    assert shown(*QUARTIC, "--temperature", "0.4") == by_sgd
    # A narrow terminal takes no digits away.
    assert shown(*QUARTIC, *SGD, columns="20") == by_sgd
    assert "\nnote: the barrier is 2.75 noise strengths high" in by_sgd
    ring = ("--loss", "0.2+0.4*(x**2+y**2-1)**2+0.15*y**2", "--variables", "x,y", "--start=-1,0")
    ring = (*ring, "--target=1,0", "--temperature", "0.045", "--json")
    both, one = (json.loads(shown(*ring, *named)) for named in ((), ("--saddle=0,0.9",)))
    assert [len(record["saddles"]) for record in (both, one)] == [2, 1]
    assert both["rate"] == pytest.approx(2.0 * one["rate"], rel=1e-6)
    assert both["rate"] == pytest.approx(1.039e-6, rel=0.02)
    third = json.loads(
        shown(
            "--landscape",
            "triple-well",
            "--target=1",
            "--temperature=0.3",
            "--method",
            "exact",
            "--json",
        )
    )
    assert (third["saddle"], third["loss_ratio"], third["saddles"]) == (None, None, [])
    assert third["rate"] == pytest.approx(2.556e-3, rel=1e-3)


def test_the_catalogue_is_listed_and_every_name_has_a_rate(landscape_sim_cli):
    listed = json.loads(landscape_sim_cli("landscapes", "--json").stdout)
    assert len(listed) >= 8
    shown = landscape_sim_cli("landscapes").stdout
    for entry in listed:
        assert entry["name"] in shown
    named = rate(landscape_sim_cli, "--landscape", "quartic", *SGD)
    assert named["rate"] > 0


BAD = [
    ((*PLANE, "--method", "exact", "--domain=-1.3:1.3,-1:1"), "domain"),
    ((*PLANE, "--method", "exact", "--n-cells", "12"), "n_cells"),
    ((*PLANE, "--reflecting", "--domain=-1.3:1.3,-1:1"), "the formula knows no walls"),
    ((*PLANE, "--reflecting"), "--reflecting needs --domain"),
    (("--landscape", "stiff-2d", "--reflecting"), "--reflecting belong to --loss"),
    ((*PLANE, "--reflecting", "--domain=-0.9:1.3,-1:1"), "does not hold"),
    ((*PLANE, "--method", "exact", "--reflecting", "--domain=-1.3:1.3"), "an interval"),
    (("--loss", "x**2 + z", "--variables", "x"), "'z'"),
    (("--loss", "__import__('os').getcwd()", "--variables", "x"), "__import__"),
    (("--loss", "(lambda: x)()", "--variables", "x"), "lambda"),
    (("--loss", "(x**2-1)**2 - 0.1", "--variables", "x", "--start=-1"), "positive"),
    (("--loss", "1 + x**2", "--variables", "x"), "minimum"),
    (("--loss", "1 + x**2", "--variables", "x", "--domain", "one"), "--domain"),
    ((*QUARTIC[:4], "--start=a", "--target=1"), "--start"),
    ((*QUARTIC[:4], "--start=-1", "--target=-0.9"), "same well"),
    ((*QUARTIC, "--noise", "pink"), "pink"),
    ((*QUARTIC, "--method", "guess"), "guess"),
    ((*QUARTIC, "--landscape", "quartic"), "either"),
    (("--landscape", "quartic", "--variables", "x"), "--variables"),
    (("--loss", "x**2"), "--variables"),
    (("--landscape", "nowhere"), "nowhere"),
    ((*PLANE, "--target-radius", "1.5"), "to the saddle"),
    ((*QUARTIC, "--temperature", "0.2"), "temperature in their place"),
    (("--loss", "1 + x**2/2 - x**20/1000", "--variables", "x"), "narrow the domain"),
    ((*QUARTIC, "--method", "exact", "--domain=-1:1.2"), "the domain cuts the well off"),
    ((*PLANE[:4], "--start=-1", "--target=1"), "coordinates"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input_is_refused_in_one_line(landscape_sim_here, arguments, message):
    done = landscape_sim_here("rate", *arguments, *SGD)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.startswith("landscape-sim: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
