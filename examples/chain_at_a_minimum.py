"""At a true minimum of a small network: which approximation of the escape theory fails first.

Digits of 5 × 5 pixels, their parity, two hidden units. Every seed has its own digits and start.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.special import stdtrit

import nn_bridge as nb


def digits(seed: int, samples: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the centre of so many digits, 4 × 4 pixels at a time, and their parity."""
    data = nb.load_dataset("mnist-parity", samples=(seed + 1) * samples)
    images = data.inputs[-samples:].double().reshape(-1, 28, 28)[:, 4:24, 4:24]
    return images.reshape(-1, 5, 4, 5, 4).mean((2, 4)).flatten(1), data.targets[-samples:].double()


def minimum(seed: int, data: tuple[torch.Tensor, torch.Tensor]) -> nb.Minimum:
    """Return the first minimum that descent ends in: from some starts the weights run off."""
    for start in range(20):
        torch.manual_seed(1000 * seed + start)
        layers = torch.nn.Linear(25, 2), torch.nn.Tanh(), torch.nn.Linear(2, 1)
        try:
            return nb.find_minimum(torch.nn.Sequential(*layers).double(), data)
        except ValueError as refusal:
            print(f"start {start}: {refusal}")
    raise SystemExit("no minimum from 20 starts")


def climb(seed: int, data: tuple[torch.Tensor, torch.Tensor], given: Any) -> nb.CrossCheck:
    """Find a minimum, measure how SGD leaves it, and climb down the chain."""
    found = minimum(seed, data)
    print(
        f"L* = {found.loss:.6g}, |∇L| = {found.gradient_norm:.2g}, eigenvalues "
        f"{found.eigenvalues[0]:.3g} … {found.eigenvalues[-1]:.4g}"
    )
    sgd = nb.SgdSettings(given.learning_rate, given.batch_size, seed=seed)
    settings = nb.EscapeSettings(
        tuple(float(c) for c in given.thresholds.split(",")),
        n_replicas=given.replicas,
        max_steps=given.max_steps,
        n_directions=given.directions,
    )
    escape = nb.measure_escape(found.network, data, sgd, settings)
    out = None if given.out is None else Path(f"{given.out}-{seed}")
    return nb.cross_check(
        escape, n_curvatures=6, relative_error=given.relative_error, seed=seed, out=out
    )


def over_seeds(chains: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the geometric mean of every link, with Student's 95 % interval between the seeds.

    Of the rungs that all have: rules count different outliers at different minima.
    """
    joined = pd.concat(chains)
    links = np.log(joined.set_index(["rung", "c"])["link"].dropna()).groupby(level=[0, 1])
    found = links.agg(["mean", "std", "count"])
    found = found[found["count"] == len(chains)]
    half = stdtrit(len(chains) - 1, 0.975) * found["std"] / np.sqrt(len(chains))
    ends = {"link": found["mean"], "low": found["mean"] - half, "high": found["mean"] + half}
    order = chains[0].set_index(["rung", "c"]).index
    return np.exp(pd.DataFrame(ends)).reindex(order).dropna()


def main(arguments: list[str] | None = None) -> list[nb.CrossCheck]:
    """Climb down the chain at a minimum for every seed, and lay the links together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--learning-rate", type=float, default=0.2)
    parser.add_argument("--batch-size", type=int, default=1)
    parser.add_argument("--max-steps", type=int, default=2000)
    parser.add_argument("--replicas", type=int, default=300)
    parser.add_argument("--directions", type=int, default=55, help="of 55 weights")
    parser.add_argument("--relative-error", type=float, default=0.06)
    parser.add_argument("--thresholds", default="1.25,1.5,2,3")
    parser.add_argument("--out", type=Path, help="results go to OUT-<seed>")
    given = parser.parse_args(arguments)

    found = []
    for seed in map(int, given.seeds.split(",")):
        found.append(climb(seed, digits(seed, given.samples), given))
        chain = found[-1].table("chain")
        print(chain[["c", "rung", "mean_time", "link", "link_low", "link_high"]].to_string())
        print(*found[-1].sentences(), sep="\n")
    if len(found) > 1:
        print(over_seeds([one.table("chain") for one in found]).to_string())
    return found


if __name__ == "__main__":
    main()
