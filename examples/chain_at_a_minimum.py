"""At a true minimum of a small network: which approximation of the escape theory fails first.

Digits of 5 × 5 pixels, their parity, two hidden units. Every seed has its own digits and start.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

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


def main(arguments: list[str] | None = None) -> nb.CrossCheck:
    """Find a minimum, measure how SGD leaves it, and climb down the chain."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--learning-rate", type=float, default=0.2)
    parser.add_argument("--batch-size", type=int, default=1)
    parser.add_argument("--max-steps", type=int, default=2000)
    parser.add_argument("--replicas", type=int, default=300)
    parser.add_argument("--directions", type=int, default=55, help="of 55 weights")
    parser.add_argument("--relative-error", type=float, default=0.06)
    parser.add_argument("--thresholds", default="1.25,1.5,2,3")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(arguments)

    data = digits(given.seed, given.samples)
    found = minimum(given.seed, data)
    print(
        f"L* = {found.loss:.6g}, |∇L| = {found.gradient_norm:.2g}, eigenvalues "
        f"{found.eigenvalues[0]:.3g} … {found.eigenvalues[-1]:.4g}"
    )
    sgd = nb.SgdSettings(given.learning_rate, given.batch_size, seed=given.seed)
    settings = nb.EscapeSettings(
        tuple(float(c) for c in given.thresholds.split(",")),
        n_replicas=given.replicas,
        max_steps=given.max_steps,
        n_directions=given.directions,
    )
    escape = nb.measure_escape(found.network, data, sgd, settings)
    checked = nb.cross_check(
        escape, n_curvatures=6, relative_error=given.relative_error, seed=given.seed, out=given.out
    )
    print(checked.table("chain")[["c", "rung", "mean_time", "link", "link_low", "link_high"]])
    print(*checked.sentences(), sep="\n")
    return checked


if __name__ == "__main__":
    main()
