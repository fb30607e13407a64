"""What a simulation will cost, told before it begins where it is much."""

from __future__ import annotations

import math
import os

from landscape_sim.ensembles.accurate_rate import paths_for
from landscape_sim.ensembles.step_runs import COARSEST_STEP, LADDER_COST
from landscape_sim.escape.methods.exact import exact_rate
from landscape_sim.escape.methods.fixed_step import time_step_at
from landscape_sim.escape.methods.formula import arrhenius_of, power_law_of
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.validation import InputError, require_positive, require_relative_error

#: Seconds that go without a word.
SHORT = 60.0
#: Steps of one coordinate that a thread makes in a second.
_STEPS_PER_SECOND = 4e8
#: The same of splitting, and its path-steps over the square of the logarithm of the rate, to an
#: error: between 1e-4 and 1e-30, see the benchmarks.
_SPLITTING_PER_SECOND = 1.5e8
_SPLITTING_STEPS, _SPLITTING_ERROR = 1e5, 0.1
_UNITS = ((365.25 * 86400.0, "years"), (86400.0, "days"), (3600.0, "hours"), (60.0, "minutes"))


def simulation_notice(
    problem: EscapeProblem,
    *,
    relative_error: float = 0.02,
    max_path_steps: float = 1e11,
    **_: object,
) -> str | None:
    """Return what to say before :func:`~landscape_sim.escape.methods.simulate.simulated_rate`.

    By the exact rate on a line and the formula's elsewhere. None where there is neither, where
    it is short, and where it will be refused. Takes the settings of that function.

    Raises
    ------
    InputError
        If one of these is out of range, as that function would.
    """
    relative_error = require_relative_error(relative_error)
    max_path_steps = require_positive("max_path_steps", max_path_steps)
    log_rate = predicted_log_rate(problem)
    if log_rate is None:
        return None
    log_steps = _log_steps_of_simulation(problem, log_rate, relative_error)
    if log_steps > math.log(max_path_steps):
        return None
    return cost_notice(log_steps, problem.dimension)


def log_seconds_of_simulation(
    problem: EscapeProblem, log_rate: float, relative_error: float, n_threads: int | None = None
) -> float:
    """Return the logarithm of what a direct simulation of such a rate takes."""
    speed = _STEPS_PER_SECOND * (n_threads or os.cpu_count() or 1)
    log_steps = _log_steps_of_simulation(problem, log_rate, relative_error)
    return log_steps + math.log(problem.dimension / speed)


def log_seconds_of_splitting(
    problem: EscapeProblem, log_rate: float, relative_error: float, n_threads: int | None = None
) -> float:
    """Return the logarithm of what splitting takes for such a rate."""
    depth = max(1.0, -log_rate)
    steps = _SPLITTING_STEPS * depth**2 * (_SPLITTING_ERROR / relative_error) ** 2
    speed = _SPLITTING_PER_SECOND * (n_threads or os.cpu_count() or 1)
    return math.log(steps * problem.dimension / speed)


def predicted_log_rate(problem: EscapeProblem) -> float | None:
    """Return the exact one on a line, else that of a formula; None where there is neither."""
    try:
        if problem.dimension == 1:
            return exact_rate(problem).log_rate
        law = power_law_of if problem.noise.follows_loss else arrhenius_of
        return law(problem).log_rate
    except InputError:
        return None


def _log_steps_of_simulation(
    problem: EscapeProblem, log_rate: float, relative_error: float
) -> float:
    step = time_step_at(problem, COARSEST_STEP)
    return math.log(paths_for(relative_error) * LADDER_COST / step) - log_rate


def cost_notice(log_steps: float, dimension: float, n_threads: int | None = None) -> str | None:
    """Return what to say of so many path-steps before they begin; None below a minute.

    Parameters
    ----------
    log_steps : float
        Their logarithm.
    dimension : float
        Coordinates of a position, on average.
    n_threads : int, optional
        All cores by default.

    Examples
    --------
    >>> cost_notice(math.log(1e9), 1, n_threads=2)  # some seconds: not a word
    >>> cost_notice(math.log(3e14), 1, n_threads=2)
    'about 3e+14 path-steps, some 4 days on 2 threads; splitting is for rare escapes'
    """
    threads = n_threads or os.cpu_count() or 1
    log_seconds = log_steps + math.log(dimension / (_STEPS_PER_SECOND * threads))
    said = duration_notice(log_steps, log_seconds, counted(threads, "thread"))
    return said and f"{said}; splitting is for rare escapes"


def duration_notice(log_steps: float, log_seconds: float, means: str) -> str | None:
    """Return what to say of so many path-steps that take so many seconds; None below a minute.

    Both are logarithms: there may be more than a float holds.

    >>> duration_notice(math.log(2e12), math.log(7300), "2 workers")
    'about 2e+12 path-steps, some 2 hours on 2 workers'
    """
    if log_seconds < math.log(SHORT):
        return None
    return f"about {_number(log_steps)} path-steps, some {spoken(log_seconds)} on {means}"


def spoken(log_seconds: float) -> str:
    """Return the time of this logarithm in words.

    >>> spoken(math.log(0.2)), spoken(math.log(20)), spoken(math.log(86400)), spoken(100.0)
    ('1 second', '20 seconds', '1 day', '9e+35 years')
    """
    log_seconds = max(log_seconds, 0.0)
    scale, unit = next((one for one in _UNITS if log_seconds >= math.log(one[0])), (1.0, "seconds"))
    number = _number(log_seconds - math.log(scale))
    return f"{number} {unit if number != '1' else unit.removesuffix('s')}"


def counted(number: int, noun: str) -> str:
    """Return so many of a thing.

    >>> counted(1, "thread"), counted(2, "thread")
    ('1 thread', '2 threads')
    """
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _number(logarithm: float) -> str:
    """Return ``e^logarithm`` to one digit, however large."""
    decades = math.floor(logarithm / math.log(10.0) + 1e-9)
    digits = math.exp(logarithm - decades * math.log(10.0))
    return f"{digits * 10**decades:.0f}" if decades < 4 else f"{digits:.0f}e+{decades}"
