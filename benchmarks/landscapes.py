"""Where Eq. (15) fails and by how much: every landscape of the catalogue, three answers each.

``python -m benchmarks.landscapes`` writes ``docs/landscapes.md``; some ten minutes.
"""

from __future__ import annotations

import math
import sys

import landscape_sim as ls
from benchmarks.pages import markdown, write_page
from landscape_sim.comparison.escapes.families import CatalogueFamily
from landscape_sim.escape.methods.formula import power_law_of

LOSS_RATIO, LEARNING_RATE = 4.0, 0.001
TEMPERATURES = (0.4, 0.2, 0.1, 0.05, 0.025)
STIFFNESSES = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)
RATIOS = (2.0, 4.0, 8.0)


def escape(
    landscape: ls.Landscape | ls.SeparableDoubleWell,
    temperature: float,
    noise: str = "isotropic",
    wells: tuple[tuple[float, ...] | None, tuple[float, ...] | None] = (None, None),
) -> ls.Escape:
    """Return the escape at ``T = η h_e*/B``; the batch size is whatever makes it so."""

    def stated(batch_size: float) -> ls.Escape:
        return ls.Escape(
            landscape, *wells, learning_rate=LEARNING_RATE, batch_size=batch_size, noise=noise
        )

    return stated(LEARNING_RATE * stated(1.0).outlier_curvature / temperature)


def ratio_to_exact(escape: ls.Escape) -> str:
    """Return Eq. (15) over the exact rate."""
    try:
        log_ratio = power_law_of(escape).log_rate - escape.exact().log_rate
    except ls.InputError as refusal:
        sys.stderr.write(f"{escape.landscape}: {refusal}\n")
        return "-"
    ratio = math.exp(log_ratio)
    return f"{ratio:.3f}" if ratio > 0.1 else f"{ratio:.1e}"


def simulated_over_exact(escape: ls.Escape) -> str:
    """Return the simulated rate over the exact one, with its 95 % interval."""
    exact, answer = escape.exact().rate, escape.simulate(max_path_steps=1e12)
    assert answer.interval is not None
    low, high = (bound / exact for bound in (answer.interval.low, answer.interval.high))
    return f"{answer.rate / exact:.3f} ({low:.3f} … {high:.3f})"


def catalogue_table(noise: str) -> str:
    """Return the ratios to the exact rate on every landscape that has one."""
    rows = []
    for entry in ls.catalogue():
        dimension = len(entry.start)
        if entry.target is None or dimension > 2 or (noise == "hessian" and dimension == 1):
            continue
        family = CatalogueFamily(landscape=entry.name)
        landscape, wells = family.at(LOSS_RATIO), family.wells()
        problems = [escape(landscape, t, noise, wells) for t in TEMPERATURES]
        curvatures = problems[0].route.minimum.eigenvalues
        row = [
            entry.name,
            f"{problems[0].outlier_curvature:.3g}",
            ", ".join(f"{h:.3g}" for h in curvatures),
            *map(ratio_to_exact, problems),
        ]
        # Aligned noise that is strong across the escape leaves no exact rate where direct
        # simulation is quick; the tests compare the two elsewhere.
        rows.append([*row, simulated_over_exact(problems[0])] if noise == "isotropic" else row)
        sys.stderr.write(f"{noise} {rows[-1]}\n")
    heads = ["landscape", "h_e*", "eigenvalues of H*", *(f"T = {t:g}" for t in TEMPERATURES)]
    if noise == "isotropic":
        heads.append(f"simulated / exact at T = {TEMPERATURES[0]:g} (95 %)")
    return markdown(heads, rows)


def anisotropy_table() -> str:
    """Return the same for separable wells under aligned noise, ever stiffer across the escape."""
    rows = []
    for share in STIFFNESSES:
        cells = [f"{share:g}"]
        for loss_ratio in RATIOS:
            well = ls.SeparableDoubleWell.from_loss_ratio(loss_ratio, 0.25, (share * 2.0,))
            cells += [ratio_to_exact(escape(well, t, "hessian")) for t in TEMPERATURES[2::2]]
        rows.append(cells)
    heads = [f"R = {ratio:g}, T = {t:g}" for ratio in RATIOS for t in TEMPERATURES[2::2]]
    return markdown(["k/h_e*", *heads], rows)


if __name__ == "__main__":
    sys.stdout.write(
        write_page(
            "landscapes.md",
            "landscapes.md",
            {
                "isotropic": catalogue_table("isotropic"),
                "hessian": catalogue_table("hessian"),
                "anisotropy": anisotropy_table(),
            },
        )
    )
