"""Accuracy for a price: seconds to 2 % of a rate by simulation, by splitting and by ``auto``.

``python -m benchmarks.price`` takes half a minute. In one dimension ``auto`` takes the exact rate;
in four there is none about this valley, and it chooses between the other two.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator

import landscape_sim as ls
from benchmarks.pages import markdown

_ROUNDS, _ERROR, _TEMPERATURE = 3, 0.02, 0.22
#: Loss ratios at which the rate is near 1e-2, 1e-3 and 1e-4, and one in four dimensions.
_LINE, _FOUR = (1.9, 2.8, 4.2), 5.0
#: Most seconds to 2 % of the smallest rate on the line.
_TARGET = 1.5
_METHODS = ("simulate", "splitting", "auto")


def _escapes() -> Iterator[tuple[str, ls.Escape, bool]]:
    """Yield what escapes, and whether the target is for it."""
    for ratio in _LINE:
        well = ls.QuarticDoubleWell.from_loss_ratio(ratio, 0.25)
        yield "one dimension", ls.Escape(well, temperature=_TEMPERATURE), ratio == _LINE[-1]
    valley = ls.SeparableDoubleWell.from_loss_ratio(_FOUR, 0.25, (2.0, 1.0, 1.0))
    escape = ls.Escape(valley, temperature=_TEMPERATURE, target_radius=0.4)
    yield "four dimensions", escape, False


def _row(name: str, escape: ls.Escape, method: str, has_target: bool) -> tuple[str, ...]:
    seconds, found = [], []
    escape.rate(method, relative_error=_ERROR, seed=_ROUNDS)  # loads or compiles the kernels
    for seed in range(_ROUNDS):
        began = time.perf_counter()
        found.append(escape.rate(method, relative_error=_ERROR, seed=seed))
        seconds.append(time.perf_counter() - began)
    rate, took = statistics.median(one.rate for one in found), statistics.median(seconds)
    took_by = f"auto: {found[-1].method}" if method == "auto" else method
    beside = (f"{_TARGET:g}", "met" if took <= _TARGET else "not met") if has_target else ("", "")
    deviation = f"{rate / escape.exact().rate - 1.0:+.1%}" if escape.dimension == 1 else ""
    return name, f"{rate:.1e}", took_by, f"{took:.2f}", *beside, deviation


def price_table() -> str:
    """Return medians of seconds for every escape and method, beside the target."""
    rows = [
        _row(name, escape, method, has_target)
        for name, escape, has_target in _escapes()
        for method in _METHODS
    ]
    columns = ["escape", "rate", "by", "seconds to 2 %", "target", "", "deviation"]
    return markdown(columns, rows)


if __name__ == "__main__":
    sys.stdout.write(price_table())
