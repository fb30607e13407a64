"""The chain of approximations for a network: where it must hold, and where it must not."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from nn_bridge.curvature.minimum import find_minimum
from nn_bridge.measurements.chain_tables import first_to_fail
from nn_bridge.measurements.cross_check import cross_check
from nn_bridge.measurements.escape import measure_escape
from nn_bridge.measurements.escape_settings import EscapeSettings
from nn_bridge.training.sgd import SgdSettings


def skewed_regression(n=60):
    torch.manual_seed(0)
    x = torch.randn(n, 2, dtype=torch.float64)
    return x, torch.randn(n, 1, dtype=torch.float64) * (0.3 + x[:, :1] ** 2)


@pytest.fixture(scope="module")
def checked():
    """Return the cross-check of linear regression, whose tangent model is the network itself."""
    data = skewed_regression()
    found = find_minimum(nn.Linear(2, 1).double(), data)
    settings = EscapeSettings((1.15, 1.4), n_replicas=300, max_steps=3000, n_eigenvalues=2)
    escape = measure_escape(found.network, data, SgdSettings(0.15, 1, seed=1), settings)
    return cross_check(escape, n_curvatures=2, relative_error=0.06, seed=2)


def test_a_linear_network_is_its_tangent_model_and_gaussian_kicks_are_another(checked):
    links = checked.table("chain").set_index(["c", "rung"])
    for c in (1.15, 1.4):
        first, gaussian = links.loc[c, "tangent"], links.loc[c, "gaussian"]
        # 4.4 standard errors, false alarm 1e-5; the 95 % interval has 1.96.
        z = abs(math.log(first["link"])) / (math.log(first["link_high"] / first["link"]) / 1.96)
        assert z < 4.4
    # Negative control: at the lower threshold single kicks count.
    assert links.loc[1.15, "gaussian"]["link_low"] > 1.2 or gaussian["link_high"] < 0.8
    assert "c = 1.15: gaussian (law of the kicks neglected)" in checked.sentences()[-1]


def test_links_and_totals_are_ratios_of_the_times(checked):
    rows = checked.table("chain")
    for _, at in rows.groupby("c"):
        times = at["mean_time"].to_numpy()
        assert at["link"].iloc[1:8].to_numpy() == pytest.approx(times[:7] / times[1:8])
        assert at["network_over"].iloc[1:].to_numpy() == pytest.approx(times[0] / times[1:])
        # Every valley is laid beside the last rung.
        assert at["link"].iloc[8:].to_numpy() == pytest.approx(times[7] / times[8:])


def test_the_last_rung_and_the_valley_of_all_eigenvalues_agree(checked):
    rows = checked.table("chain").set_index(["rung", "c"])
    for c in (1.15, 1.4):
        row = rows.loc["2 measured eigenvalues", c]
        z = abs(math.log(row["link"])) / (math.log(row["link_high"] / row["link"]) / 1.96)
        assert z < 4.4


def test_dataset_and_figure_have_the_chain(checked):
    dataset = checked.dataset()
    assert dataset["rung"].to_numpy()[:2].tolist() == ["network", "tangent"]
    row = checked.table("chain").iloc[1]
    found = dataset["chain_link"].sel(threshold=row["c"], rung="tangent")
    assert float(found) == pytest.approx(row["link"])
    assert len(checked.plot().axes) == 2


def test_without_a_tangent_model_there_is_no_chain_and_it_says_so():
    torch.manual_seed(0)
    data = torch.randn(30, 2), torch.randn(30, 2)
    settings = EscapeSettings((1.3,), n_replicas=4, max_steps=5, n_eigenvalues=3)
    escape = measure_escape(nn.Linear(2, 2), data, SgdSettings(0.1, 2), settings)
    found = cross_check(escape, n_curvatures=1, relative_error=0.3)
    assert list(found.rows()) == ["crosscheck", "exponents"]
    assert "no tangent model" in found.sentences()[-1]


def rows_of(*links):
    known = {"neglects": "x", "c": 2.0}
    return [
        {**known, "rung": f"r{n}", "link": link, "link_low": link / 1.2, "link_high": link * 1.2}
        for n, link in enumerate(links)
    ]


def test_the_first_link_to_fail_allows_for_how_many_were_looked_at():
    assert "c = 2: none" in first_to_fail(rows_of(1.1, 0.95, 1.05))
    # Alone beyond its interval, but one of three may be.
    assert "c = 2: none" in first_to_fail(rows_of(1.21, 1.0, 1.0))
    assert "c = 2: r1 (x neglected)" in first_to_fail(rows_of(1.1, 0.6, 3.0))
