"""The law that holds where Eq. (15) fails: SGD's own rate, Eq. (15) and the law, side by side.

``python -m benchmarks.large_deviations`` writes ``docs/large-deviations.md`` and its figure; some
minutes. The exact rates come from the transition kernel, which knows nothing of either law.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from matplotlib.figure import Figure

import landscape_sim as ls
from benchmarks.instanton_tables import law_over_grid, levels, two_actions
from benchmarks.pages import DOCS, markdown, write_page
from benchmarks.plane_chain import sgd_in_the_plane, without_noise
from landscape_sim.comparison.sgd.approximations import approximate_rates
from landscape_sim.comparison.sgd.phase_problem import PhaseProblem
from landscape_sim.comparison.sgd.study import ApproximationStudy
from landscape_sim.escape.methods.formula import power_law_of
from landscape_sim.large_deviations.sgd_law import SgdEscapeLaw, sgd_escape_law
from landscape_sim.plots.style import COLOURS, house_style, new_figure

STUDY = ApproximationStudy()
SMALL_STEPS = (0.15, 0.2, 0.25, 0.3, 0.4)
SHARES, LOSS_RATIOS, TEMPERATURE = (0.1, 0.5, 2.0, 4.0), (2.0, 4.0), 0.025
DECADES = tuple(float(eta) for eta in np.geomspace(0.13, 2.0, 12))


@dataclass(frozen=True)
class Case:
    """One setting of phase regression, with its three answers."""

    rule: ls.SGD
    exact: float
    formula: float
    law: SgdEscapeLaw

    @property
    def next_order(self) -> float:
        """``ε c``: logarithm of the rate with the next order over that without."""
        return self.law.log_rate - self.law.leading_log_rate


@lru_cache
def problem(label_noise: float) -> PhaseProblem:
    """Return the data set of docs/chain.md."""
    return PhaseProblem.of_data(
        ls.phase_regression(label_noise=label_noise, n_samples=STUDY.data_samples, seed=0)
    )


@lru_cache
def case(learning_rate: float, batch_size: int, label_noise: float) -> Case:
    """Return the exact rate of SGD, Eq. (15) and the law."""
    rule, phases = ls.SGD(learning_rate, batch_size), problem(label_noise)
    rates = approximate_rates(phases, rule, STUDY.exact_nodes, steps=("sgd", "formula"))
    exact, formula = rates["sgd"], rates["formula"]
    assert exact is not None
    assert formula is not None
    law = sgd_escape_law(phases.data, rule, phases.minimum.position)
    return Case(rule, exact[0], formula[0], law)


def ten_cases() -> str:
    """Return the table of the ten cases of docs/chain.md."""
    rows = []
    for setting in STUDY.settings:
        found = case(setting.learning_rate, setting.batch_size, setting.label_noise)
        action = min(way.action for way in found.law.ways)
        rows.append(
            [
                *(f"{setting.learning_rate:g}", setting.batch_size, f"{setting.label_noise:g}"),
                f"{found.exact:.3e}",
                f"{found.formula / found.exact:.3g}",
                f"{found.law.leading_rate / found.exact:.3f}",
                f"{found.law.rate / found.exact:.3f}",
                f"{action:.3f}",
                f"{action / found.law.ways[0].noise_scale:.1f}",
                f"{found.next_order:+.3f}",
            ]
        )
    heads = ["η", "B", "σ", "SGD, exact", "Eq. (15)/exact", "law/exact", "with next order/exact"]
    return markdown([*heads, "V", "V/ε", "ε c"], rows)


def small_steps() -> str:
    """Return how the deviation from the law falls with ``η``, beside the next order."""
    rows = []
    for eta in SMALL_STEPS:
        found = case(eta, 1, 1.0)
        excess = math.log(found.exact) - found.law.leading_log_rate
        rest = math.log(found.exact) - found.law.log_rate
        rows.append(
            [
                *(f"{eta:g}", f"{found.exact:.3e}", f"{found.formula / found.exact:.3g}"),
                *(f"{excess:.4f}", f"{found.next_order:.4f}"),
                *(f"{excess / eta:.3f}", f"{rest / eta**2:.3f}"),
            ]
        )
    heads = ["η", "SGD, exact", "Eq. (15)/exact", "ln(exact/law)", "ε c"]
    return markdown([*heads, "ln(exact/law)/η", "what ε c leaves, over η²"], rows)


def wells() -> str:
    """Return Eq. (15) over the instanton's rate on separable wells, under aligned noise."""
    rows = []
    for share in SHARES:
        cells = [f"{share:g}"]
        for loss_ratio in LOSS_RATIOS:
            well = ls.SeparableDoubleWell.from_loss_ratio(loss_ratio, 0.25, (2.0 * share,))
            escape = ls.Escape(well, temperature=TEMPERATURE, noise="hessian")
            answer = escape.instanton()
            ratio = math.exp(power_law_of(escape).log_rate - answer.log_rate)
            cells += [f"{ratio:.4g}", f"{answer.detail.ways[0].action:.4f}"]
        rows.append(cells)
    heads = [f"R = {ratio:g}: {what}" for ratio in LOSS_RATIOS for what in ("Eq. (15)/law", "V")]
    return markdown(["k/h_e*", *heads], rows)


@house_style
def drawn() -> Figure:
    """Draw the rates over ten decades, and their ratios to the exact one."""
    found = [case(eta, 1, 1.0) for eta in DECADES]
    steps = [1.0 / eta for eta in DECADES]
    figure = new_figure(10.0, 4.2)
    rates, ratios = figure.subplots(1, 2)
    laws = {
        "Eq. (15)": ([one.formula for one in found], COLOURS[1], "--"),
        "law of SGD": ([one.law.rate for one in found], COLOURS[0], "-"),
    }
    exact = np.array([one.exact for one in found])
    for name, (values, colour, style) in laws.items():
        rates.plot(steps, values, style, color=colour, label=name)
        ratios.plot(steps, np.array(values) / exact, style, color=colour, label=name)
    leading = np.array([one.law.leading_rate for one in found])
    ratios.plot(steps, leading / exact, ":", color=COLOURS[0], label="its leading order")
    rates.plot(steps, exact, "ko", ms=5, label="SGD, exact")
    ratios.axhline(1.0, color="k", linewidth=1)
    rates.set(yscale="log", xlabel="$B/η$", ylabel="escape rate per unit of $t$")
    ratios.set(yscale="log", xlabel="$B/η$", ylabel="law / exact rate of SGD")
    rates.legend()
    ratios.legend()
    figure.suptitle("SGD's own escape rate: phase regression, $B$ = 1, $σ$ = 1")
    return figure


if __name__ == "__main__":
    sys.stdout.write(
        write_page(
            "large_deviations.md",
            "large-deviations.md",
            {
                "ten": ten_cases(),
                "steps": small_steps(),
                "wells": wells(),
                "grids": law_over_grid(),
                "plane": sgd_in_the_plane(),
                "no-noise": without_noise(),
                "actions": two_actions(),
            },
        )
    )
    drawn().savefig(DOCS / "figures" / "sgd-law.png", dpi=160)
    levels().savefig(DOCS / "figures" / "quasi-potential.png", dpi=160)
