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
    (1.0, 0.4, 1),
    (1.0, 0.3, 1),
    (1.0, 0.2, 1),
)
#: Of those, the ones whose exact rates are good enough to be extrapolated to no noise.
EXTRAPOLATED = SETTINGS[3:6]
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


LAWS = ("law", "in continuous time", "of Gaussian kicks")


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


@lru_cache
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


def log_ratios(label_noise: float, learning_rate: float, batch_size: int) -> np.ndarray:
    """Return the logarithms of the three laws over the exact rate."""
    found = exact(label_noise, learning_rate, batch_size)
    log_rate = -math.log(learning_rate * found.mean_steps)
    epsilon = learning_rate / batch_size
    return np.array([law.log_rate(epsilon) - log_rate for law in laws(label_noise, batch_size)])


def sgd_in_the_plane() -> str:
    """Return the table of two phases."""
    rows = []
    for setting in SETTINGS:
        label_noise, learning_rate, batch_size = setting
        epsilon = learning_rate / batch_size
        found = exact(*setting)
        logs = log_ratios(*setting)
        rows.append(
            [
                *(f"{label_noise:g}", f"{learning_rate:g}", batch_size),
                f"{1.0 / (learning_rate * found.mean_steps):.3e}",
                f"{100.0 * found.relative_error:.1g} %",
                f"{math.exp(logs[0]):.3f}",
                f"{-logs[0] / epsilon:.2f}",
                *(f"{math.exp(log):.3f}" for log in logs[1:]),
                f"{laws(label_noise, batch_size)[0].action / epsilon:.1f}",
            ]
        )
    heads = ["σ", "η", "B", "SGD, exact", "error", "law/exact", "ln(exact/law)/ε"]
    heads += [f"{law}/exact" for law in LAWS[1:]]
    return markdown([*heads, "V/ε"], rows)


def without_noise() -> str:
    """Return the laws over the exact rate, extrapolated to ``ε = 0``.

    By a parabola through three ``ε``, and by a line through the smaller two: their difference
    is the size of what the parabola leaves.
    """
    noise_scales = np.array([eta / batch_size for _, eta, batch_size in EXTRAPOLATED])
    logs = np.array([log_ratios(*setting) for setting in EXTRAPOLATED])
    errors = np.array([exact(*setting).relative_error for setting in EXTRAPOLATED])
    parabola, line = at_zero(noise_scales), at_zero(noise_scales[1:])
    error = float(np.linalg.norm(parabola * errors))
    rows = [
        [name, f"{math.exp(parabola @ log):.3f}", f"{math.exp(line @ log[1:]):.3f}", f"{error:.3f}"]
        for name, log in zip(LAWS, logs.T, strict=True)
    ]
    return markdown(["", "parabola", "line", "error of the grids"], rows)


def at_zero(x: np.ndarray) -> np.ndarray:
    """Return the weights of values at ``x`` in their polynomial's value at zero."""
    return np.array([math.prod(np.delete(x, i) / (np.delete(x, i) - x[i])) for i in range(x.size)])
