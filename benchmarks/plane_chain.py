"""SGD with two parameters: its exact rate, from the transition kernel, beside the laws.

``benchmarks.large_deviations`` puts the table on its page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

import landscape_sim as ls
from benchmarks.pages import markdown
from landscape_sim.large_deviations.covariance import CovarianceField
from landscape_sim.large_deviations.diffusion import diffusion_of_field
from landscape_sim.large_deviations.instanton import find_instantons
from landscape_sim.large_deviations.mini_batch import MiniBatchHamiltonian

MINIMUM, SADDLE, N_SADDLES = (0.0, 0.0), (math.pi, 0.0), 4
#: Every passage ends at one of the four neighbours, where the well of the start has been left.
NEIGHBOURS = ls.Outside(MINIMUM, 2 * math.pi)
#: Label noise, learning rate, batch size.
SETTINGS = (
    (2.0, 0.2, 1),
    (2.0, 0.1, 1),
    (2.0, 0.2, 2),
    (1.0, 0.5, 1),
    (1.0, 0.3, 1),
    (1.0, 0.2, 1),
)
BOX = ((-2 * math.pi, 2 * math.pi),) * 2


def two_phases(label_noise: float) -> ls.DataSet:
    """Return inputs around the circle, of which the second follows the first.

    All moments that SGD asks for are those of their law, so that the wells are alike.
    """
    first = np.pi / 3 * np.arange(6)[:, None, None]
    second = first + np.pi / 6 * np.array([0, -2, 2, -3, 3])[:, None]
    signs = np.array([-label_noise, label_noise])
    parts = np.broadcast_arrays(first, second, signs)
    one, other, noise = (part.ravel() for part in parts)
    targets = np.sin(one) + np.sin(other) + noise
    return ls.DataSet(ls.TwoPhaseModel(), np.stack([one, other]), targets)


class Continuous(MiniBatchHamiltonian):
    """The same kicks in continuous time: a wrong prefactor, for control."""

    @property
    def kicks_per_step(self) -> int:
        return 0


@dataclass(frozen=True)
class Law:
    """A law of the escape over all four saddles: its exponent and prefactor."""

    action: float
    log_prefactor: float

    def log_rate(self, noise_scale: float) -> float:
        return math.log(N_SADDLES) + self.log_prefactor - self.action / noise_scale


@lru_cache
def laws(label_noise: float, batch_size: int) -> tuple[Law, Law, Law]:
    """Return the law of SGD, and two wrong ones: in continuous time, and with Gaussian kicks."""
    data, rule = two_phases(label_noise), ls.SGD(0.1, batch_size)
    whole = MiniBatchHamiltonian.of_rule(data, rule)
    field = CovarianceField(lambda x: whole.spread(x, np.zeros_like(x)))
    gaussian = diffusion_of_field(data.landscape, field, whole.noise_scale)
    found = []
    for hamiltonian in (whole, Continuous.of_rule(data, rule), gaussian):
        (path,) = find_instantons(hamiltonian, MINIMUM, SADDLE)
        assert path.log_prefactor is not None, path.reason
        found.append(Law(path.action, path.log_prefactor))
    return found[0], found[1], found[2]


def exact(
    label_noise: float, learning_rate: float, batch_size: int, n_cells: int = 48
) -> ls.DiscretePassage:
    """Return the mean number of steps of SGD until it has left the well."""
    data = two_phases(label_noise)
    equal = np.full(data.n_samples, 1.0 / data.n_samples)
    return ls.plane_discrete_mean_first_passage_time(
        lambda x: (-learning_rate * data.sample_gradients(x).T, equal),
        *(MINIMUM, NEIGHBOURS, BOX),
        batch_size=batch_size,
        n_cells=n_cells,
    )


def sgd_in_the_plane() -> str:
    """Return the table of two phases."""
    rows = []
    for label_noise, learning_rate, batch_size in SETTINGS:
        epsilon = learning_rate / batch_size
        found = exact(label_noise, learning_rate, batch_size)
        rate = 1.0 / (learning_rate * found.mean_steps)
        three = laws(label_noise, batch_size)
        ratios = [math.exp(law.log_rate(epsilon)) / rate for law in three]
        rows.append(
            [
                *(f"{label_noise:g}", f"{learning_rate:g}", batch_size),
                f"{rate:.3e}",
                f"{100.0 * found.relative_error:.1g} %",
                f"{ratios[0]:.3f}",
                f"{-math.log(ratios[0]) / epsilon:.2f}",
                *(f"{ratio:.3f}" for ratio in ratios[1:]),
                f"{three[0].action / epsilon:.1f}",
            ]
        )
    heads = ["σ", "η", "B", "SGD, exact", "error", "law/exact", "ln(exact/law)/ε"]
    heads += ["in continuous time/exact", "of Gaussian kicks/exact", "V/ε"]
    return markdown(heads, rows)
