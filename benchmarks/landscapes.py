"""Where the formula fails and by how much: every landscape of the catalogue, three answers each.

``python -m benchmarks.landscapes`` writes ``docs/landscapes.md``; some ten minutes.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator

import landscape_sim as ls
from benchmarks.pages import markdown, write_page
from landscape_sim.comparison.escapes.families import CatalogueFamily
from landscape_sim.escape.methods.formula import power_law_of

LOSS_RATIO, LEARNING_RATE = 4.0, 0.001
TEMPERATURES = (0.4, 0.2, 0.1, 0.05, 0.025)
STIFFNESSES = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)
RATIOS = (2.0, 4.0, 8.0)
#: Its logarithm is separable, with equal curvatures across the escape: what Eq. (15) assumes.
SEPARABLE_LOG_LOSS = "0.5*exp(1.4*(x**2 - 1)**2 + y**2)"
_HEADS = "landscape", "h_e*", "eigenvalues of H*"


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


Law = Callable[[ls.Escape], float]


def formula(escape: ls.Escape) -> float:
    """Return the logarithm of the rate that the power law gives."""
    return power_law_of(escape).log_rate


def instanton(escape: ls.Escape) -> float:
    """Return the logarithm of the rate by the law of the noise that there is."""
    return escape.instanton().log_rate


_LAWS = formula, instanton


def ratios_to_exact(escape: ls.Escape, *laws: Law) -> list[str]:
    """Return each law over the exact rate, a dash where either is refused."""
    try:
        exact = escape.exact().log_rate
    except ls.InputError as refusal:
        return [_no_ratio(escape, refusal)] * len(laws)
    return [_ratio(escape, law, exact) for law in laws]


def _ratio(escape: ls.Escape, law: Law, exact: float) -> str:
    try:
        ratio = math.exp(law(escape) - exact)
    except ls.InputError as refusal:
        return _no_ratio(escape, refusal)
    return f"{ratio:.3f}" if ratio > 0.1 else f"{ratio:.1e}"


def _no_ratio(escape: ls.Escape, refusal: ls.InputError) -> str:
    sys.stderr.write(f"{escape.landscape}: {refusal}\n")
    return "-"


def simulated_over_exact(escape: ls.Escape) -> str:
    """Return the simulated rate over the exact one, with its 95 % interval."""
    exact, answer = escape.exact().rate, escape.simulate(max_path_steps=1e12)
    assert answer.interval is not None
    low, high = (bound / exact for bound in (answer.interval.low, answer.interval.high))
    return f"{answer.rate / exact:.3f} ({low:.3f} … {high:.3f})"


def isotropic_table() -> str:
    """Return the formula over the exact rate on every landscape that has one."""
    rows = []
    for head, problems in _catalogue("isotropic"):
        (cells,) = _by_law(problems, formula)
        rows.append([*head, *cells, simulated_over_exact(problems[0])])
        sys.stderr.write(f"isotropic {rows[-1]}\n")
    simulated = f"simulated / exact at T = {TEMPERATURES[0]:g} (95 %)"
    return markdown([*_HEADS, *(f"T = {t:g}" for t in TEMPERATURES), simulated], rows)


def hessian_table() -> str:
    """Return formula and instanton over the exact rate under aligned noise, in the plane.

    Where that is strong across the escape there is no exact rate at temperatures where direct
    simulation is quick; the tests compare the two elsewhere.
    """
    rows = []
    for head, problems in _catalogue("hessian"):
        for law, cells in zip(_LAWS, _by_law(problems, *_LAWS), strict=True):
            rows.append([*head, law.__name__, *cells])
            sys.stderr.write(f"hessian {rows[-1]}\n")
    return markdown([*_HEADS, "law", *(f"T = {t:g}" for t in TEMPERATURES)], rows)


def _catalogue(noise: str) -> Iterator[tuple[list[str], list[ls.Escape]]]:
    """Yield name and curvatures of each landscape, and its escape at every temperature."""
    for entry in ls.catalogue():
        dimension = len(entry.start)
        if entry.target is None or dimension > 2 or (noise == "hessian" and dimension == 1):
            continue
        family = CatalogueFamily(landscape=entry.name)
        landscape, wells = family.at(LOSS_RATIO), family.wells()
        problems = [escape(landscape, t, noise, wells) for t in TEMPERATURES]
        curvatures = ", ".join(f"{h:.3g}" for h in problems[0].route.minimum.eigenvalues)
        yield [entry.name, f"{problems[0].outlier_curvature:.3g}", curvatures], problems


def _by_law(problems: Iterable[ls.Escape], *laws: Law) -> Iterable[tuple[str, ...]]:
    return zip(*(ratios_to_exact(problem, *laws) for problem in problems), strict=True)


def anisotropy_table() -> str:
    """Return the formula's for separable wells under aligned noise, ever stiffer across."""
    rows = []
    for share in STIFFNESSES:
        cells = [f"{share:g}"]
        for loss_ratio in RATIOS:
            well = ls.SeparableDoubleWell.from_loss_ratio(loss_ratio, 0.25, (share * 2.0,))
            for temperature in TEMPERATURES[2::2]:
                cells += ratios_to_exact(escape(well, temperature, "hessian"), formula)
        rows.append(cells)
    heads = [f"R = {ratio:g}, T = {t:g}" for ratio in RATIOS for t in TEMPERATURES[2::2]]
    return markdown(["k/h_e*", *heads], rows)


def forms_table() -> str:
    """Return both forms of the formula over the exact rate at the lowest temperature."""
    problems = []
    for name in ("separable-2d", "curved-valley", "bent-channel", "mueller-brown"):
        family = CatalogueFamily(landscape=name)
        problem = escape(family.at(LOSS_RATIO), TEMPERATURES[-1], wells=family.wells())
        problems.append((name, "isotropic", problem))
    separable = ls.Landscape.from_expression(SEPARABLE_LOG_LOSS, "x,y", [(-2, 2), (-2, 2)])
    problem = escape(separable, TEMPERATURES[-1], "hessian", ((-1.0, 0.0), (1.0, 0.0)))
    problems.append(("separable log-loss", "hessian", problem))
    rows = []
    for name, noise, problem in problems:
        law, exact = power_law_of(problem), problem.exact().log_rate
        forms = law.log_rate, law.log_rate_printed
        log_ratios = (forms[1] - forms[0], *(form - exact for form in forms))
        rows.append([name, noise, *(f"{math.exp(value):.3f}" for value in log_ratios)])
    heads = ["printed / eyring-kramers", "eyring-kramers / exact", "printed / exact"]
    return markdown(["landscape", "noise", *heads], rows)


if __name__ == "__main__":
    sys.stdout.write(
        write_page(
            "landscapes.md",
            "landscapes.md",
            {
                "forms": forms_table(),
                "isotropic": isotropic_table(),
                "hessian": hessian_table(),
                "anisotropy": anisotropy_table(),
            },
        )
    )
