"""What the laws say of an escape, where they hold, and how fast it is expected to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from landscape_sim.escape.escape import Escape
from landscape_sim.escape.methods.formula import arrhenius_of, power_law_of
from landscape_sim.escape.strength import strength_along
from landscape_sim.results import Rate
from landscape_sim.theory.arrhenius import ArrheniusRate, eyring_kramers_rate
from landscape_sim.theory.power_law import PowerLawRate
from landscape_sim.validation import InputError

#: What has a ``rate`` and its logarithm.
AnyRate = PowerLawRate | ArrheniusRate | Rate[Any]


@dataclass(frozen=True)
class Laws:
    """Both laws at one escape.

    Attributes
    ----------
    power_law : PowerLawRate or None
        Whatever the noise; None where it does not hold, or the noise has no law.
    arrhenius : ArrheniusRate or None
        Eyring–Kramers, noise frozen at the minimum; None where there is no noise there, and
        between walls that reflect.
    refusal : str or None
        Why there is no power law.
    """

    power_law: PowerLawRate | None
    arrhenius: ArrheniusRate | None
    refusal: str | None


def laws_of(escape: Escape, *, is_asked_for: bool) -> Laws:
    """Return the laws at ``escape``.

    Raises
    ------
    InputError
        If the formula is asked for, and beyond the critical dimension of noise that follows the
        loss; other noise is no worse for it.
    """
    noise = escape.noise
    try:
        escape.require_no_walls("the formula", may_close=True)
    except InputError as refusal:
        return Laws(None, None, str(refusal))
    if not (noise.follows_loss or noise.is_constant):
        return Laws(
            None, _arrhenius_of_own(escape), f"no law is known for the noise {noise.name!r}"
        )
    arrhenius = arrhenius_of(escape)
    try:
        return Laws(power_law_of(escape), arrhenius, None)
    except InputError as refusal:
        if is_asked_for and noise.follows_loss:
            raise
        return Laws(None, arrhenius, str(refusal))


def _arrhenius_of_own(escape: Escape) -> ArrheniusRate | None:
    """Return Eyring–Kramers at the strength along the escape that a noise has at the minimum."""
    minimum, saddle = escape.route.minimum, escape.route.saddle
    strength = strength_along(escape.noise, escape.landscape, escape.minimum, escape.direction)
    try:
        return eyring_kramers_rate(minimum, saddle, strength)
    except InputError:
        return None


def expected_rate(escape: Escape, laws: Laws) -> AnyRate | None:
    """Return a scale for time and cost: by the law for this noise, or the next best.

    That is the exact rate, and where there is none Eyring–Kramers.
    """
    if escape.noise.follows_loss and laws.power_law is not None:
        return laws.power_law
    if escape.noise.is_constant and laws.arrhenius is not None:
        return laws.arrhenius
    try:
        return escape.exact()
    except InputError:
        return laws.arrhenius
