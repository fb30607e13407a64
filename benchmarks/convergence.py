"""How fast does Eq. (15) become exact? Thirty decades of rate, and the first correction.

``python -m benchmarks.convergence`` writes ``docs/figures/convergence.png`` and prints the
table of ``docs/rare-events.md`` (a minute or two). The exact rate is a quadrature; splitting
knows nothing of either.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

import landscape_sim as ls
from benchmarks.pages import DOCS, markdown

WELL = ls.QuarticDoubleWell.from_loss_ratio(5.0, 0.25)
_TEMPERATURES = np.geomspace(0.0241, 0.25, 8)
#: Where a straight line in T is fitted to the exact ratio: the next term is below 1e-3 there.
_FIT_BELOW = 0.02
_RELATIVE_ERROR = 0.08


@dataclass(frozen=True)
class Point:
    """The three answers at one temperature, as logarithms, and the error of the third."""

    temperature: float
    formula: float
    exact: float
    splitting: float = math.nan
    error: float = math.nan


def formula_log_rate(temperature: float) -> float:
    """Return the logarithm of Eq. (15); the rate itself may underflow."""
    route = ls.find_escape_route(WELL)
    # T = η h*/B: the batch size is the free one.
    curvature = route.outlier_curvature
    rate = ls.power_law_escape_rate(
        route.minimum,
        route.saddle,
        learning_rate=0.01,
        batch_size=0.01 * curvature / temperature,
        outlier_curvature=curvature,
    )
    return math.log(rate.rate)


def exact_log_rate(temperature: float) -> float:
    """Return the logarithm of the exact rate."""
    target = ls.HalfSpace.beyond((1.0,), seen_from=(-1.0,))
    noise = ls.LossProportionalNoise(temperature)
    return ls.mean_first_passage_time(WELL, noise, (-1.0,), target).log_rate


def measured(temperature: float, seed: int) -> Point:
    """Return all three answers at ``temperature``."""
    rare = ls.simulate_rare_escape(
        WELL,
        ls.LossProportionalNoise(temperature),
        (-1.0,),
        ls.HalfSpace.beyond((1.0,), seen_from=(-1.0,)),
        relative_error=_RELATIVE_ERROR,
        seed=seed,
    )
    return Point(
        temperature,
        formula_log_rate(temperature),
        exact_log_rate(temperature),
        rare.log_rate,
        rare.relative_standard_error,
    )


def laplace_correction() -> float:
    """Return ``c`` of ``κ_exact/κ_formula = 1 + c T + …`` by Laplace's method.

    With ``U = log L`` and its derivatives ``u2, u3, u4`` at the minimum and ``v2, v4`` at the
    saddle, where the third vanishes by symmetry: the integral of ``L^(1/T)`` over the saddle
    gains the factor ``1 + T v4/(8 v2²)``, and that of ``L^-(1+1/T)`` over the well
    ``1 + T [−u4/(8 u2²) + 5 u3²/(24 u2³) − 1/2]``; the mean time is their product.
    """
    low, high, fourth = WELL.floor, WELL.floor + WELL.barrier, 24.0 * WELL.barrier
    u2, u3 = 8.0 * WELL.barrier / low, -24.0 * WELL.barrier / low
    v2 = -4.0 * WELL.barrier / high
    u4, v4 = fourth / low - 3.0 * u2**2, fourth / high - 3.0 * v2**2
    return u4 / (8.0 * u2**2) - 5.0 * u3**2 / (24.0 * u2**3) + 0.5 - v4 / (8.0 * v2**2)


def first_correction() -> tuple[float, float]:
    """Return ``c`` and ``d`` of ``κ_exact/κ_formula = 1 + c T + d T²``, fitted to quadrature."""
    temperatures = np.linspace(_FIT_BELOW / 4.0, _FIT_BELOW, 12)
    excess = [math.expm1(exact_log_rate(t) - formula_log_rate(t)) for t in temperatures]
    columns = np.column_stack([temperatures, temperatures**2])
    c, d = np.linalg.lstsq(columns, np.array(excess), rcond=None)[0]
    return float(c), float(d)


def table(points: list[Point]) -> str:
    """Return the points as a Markdown table."""
    rows = [
        (
            f"{p.temperature:.4f}",
            f"{math.exp(p.exact):.2e}",
            f"{math.exp(p.exact - p.formula):.4f}",
            f"{math.exp(p.splitting - p.formula):.3f} ± "
            f"{p.error * math.exp(p.splitting - p.formula):.3f}",
            f"{(p.splitting - p.exact) / p.error:+.1f}",
        )
        for p in points
    ]
    return markdown(
        ["T", "exact rate", "exact/Eq. (15)", "splitting/Eq. (15)", "splitting − exact, in errors"],
        rows,
    )


def draw(points: list[Point], c: float) -> None:
    """Draw the ratio to Eq. (15) against the temperature, and the rate above it."""
    figure = Figure(figsize=(7.2, 5.6), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True)
    grid = np.linspace(_FIT_BELOW / 2.0, 0.26, 60)
    exact = np.array([exact_log_rate(t) for t in grid])
    formula = np.array([formula_log_rate(t) for t in grid])
    t = [p.temperature for p in points]
    top.plot(grid, exact / math.log(10.0), color="#0072B2", label="exact")
    top.plot(grid, formula / math.log(10.0), "--", color="0.3", label="Eq. (15)")
    top.plot(
        t, [p.splitting / math.log(10.0) for p in points], "o", color="#D55E00", label="splitting"
    )
    top.set(ylabel="log₁₀ of the rate", ylim=(-42.0, 0.0))
    top.legend(frameon=False, loc="lower right")
    bottom.plot(grid, np.exp(exact - formula), color="#0072B2", label="exact")
    bottom.plot(grid, 1.0 + c * grid, "--", color="0.3", label=f"1 + {c:.3f} T")
    ratio = np.array([math.exp(p.splitting - p.formula) for p in points])
    error = 1.96 * np.array([p.error for p in points]) * ratio
    bottom.errorbar(t, ratio, error, fmt="o", color="#D55E00", capsize=3, label="splitting, 95 %")
    bottom.axhline(1.0, color="0.7", lw=0.8)
    bottom.set(xlabel="temperature T = η h*/B", ylabel="rate over Eq. (15)", xlim=(0.0, 0.26))
    bottom.legend(frameon=False)
    figure.savefig(DOCS / "figures" / "convergence.png", dpi=160)


def main() -> None:
    """Compute, print and draw."""
    points = [measured(float(t), seed) for seed, t in enumerate(_TEMPERATURES)]
    c, d = first_correction()
    sys.stdout.write(table(points))
    sys.stdout.write(f"\nκ_exact/κ_formula = 1 + {c:.4f} T {d:+.4f} T² + … (fitted)\n")
    sys.stdout.write(f"c = {laplace_correction():.5f} by Laplace's method\n")
    draw(points, c)


if __name__ == "__main__":
    main()
