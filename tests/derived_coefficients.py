"""The coefficients of the packed functions, derived from the functions themselves.

Chebyshev interpolants of 60 digits, rounded to double precision; what they leave out is below
a tenth of a unit in the last place. ``python tests/derived_coefficients.py``
prints them.
"""

from __future__ import annotations

import mpmath
from mpmath import mp, mpf

DIGITS = 60


def interpolant(function, n_coefficients, low, high):
    """Return ``(c_0, c_1, …)`` of the polynomial that interpolates at the Chebyshev nodes."""
    coefficients, error = mpmath.chebyfit(function, [low, high], n_coefficients, error=True)
    return tuple(map(float, reversed(coefficients))), float(error)


def away_from_zero(function, at_zero):
    """Return ``function`` with its limit at zero, where the quotient is undefined."""
    return lambda x: function(x) if abs(x) > mpf(10) ** (-DIGITS // 3) else at_zero


def split(number, *bits):
    """Return ``number`` as a sum of parts of so many bits each, and a double for the rest."""
    parts = []
    for n in bits:
        unit = mpf(2) ** (mpmath.floor(mpmath.log(abs(number), 2)) - n + 1)
        parts.append(float(mpmath.floor(number / unit) * unit))
        number -= mpf(parts[-1])
    return (*parts, float(number))


def double_and_rest(number):
    """Return the nearest double to ``number``, and to what is missing."""
    return float(number), float(number - mpf(float(number)))


def derived():
    """Return every polynomial with the largest error of the function that it stands for.

    The error is relative to the function, hence comparable with half a unit in the last
    place, 1.1e-16.
    """
    with mp.workdps(DIGITS):
        half_log_2 = mpmath.log(2) / 2
        sixth, two_thirds = mpf(1) / 6, mpf(2) / 3
        eighth_turn = mpmath.pi / 4
        small_exponents = (mpf(0), (half_log_2 * mpf("1.001")) ** 2)
        small_angles = (mpf(0), (eighth_turn * mpf("1.001")) ** 2)
        largest_quotient = (mpmath.sqrt(2) - 1) / (mpmath.sqrt(2) + 1) * mpf("1.001")
        small_quotients = (mpf(0), largest_quotient**2)
        small_tangents = (mpf(0), (mpmath.tan(mpmath.pi / 8) * mpf("1.001")) ** 2)
        root = mpmath.sqrt
        reach = half_log_2 * mpf("1.001")
        cases = {
            # (e^r − 1 − r)/r²: the remainder is at most r² times that of e^r.
            "EXPM1": (
                away_from_zero(lambda r: (mpmath.expm1(r) - r) / r**2, mpf(1) / 2),
                *(10, -reach, reach),
                reach**2,
            ),
            # (cosh √w − 1)/w and (sinh √w/√w − 1)/w
            "COSH": (
                away_from_zero(lambda w: (mpmath.cosh(root(w)) - 1) / w, mpf(1) / 2),
                *(6, *small_exponents),
                small_exponents[1],
            ),
            "SINH": (
                away_from_zero(lambda w: (mpmath.sinh(root(w)) / root(w) - 1) / w, sixth),
                *(6, *small_exponents),
                small_exponents[1],
            ),
            # (log((1 + s)/(1 − s))/s − 2)/s² with z = s²
            "LOG": (
                away_from_zero(lambda z: (2 * mpmath.atanh(root(z)) / root(z) - 2) / z, two_thirds),
                *(7, *small_quotients),
                small_quotients[1] / 2,
            ),
            # (sin √w/√w − 1)/w and (cos √w − 1 + w/2)/w²
            "SIN": (
                away_from_zero(lambda w: (mpmath.sin(root(w)) / root(w) - 1) / w, -sixth),
                *(6, *small_angles),
                small_angles[1] * eighth_turn / mpmath.sin(eighth_turn),
            ),
            "COS": (
                away_from_zero(lambda w: (mpmath.cos(root(w)) - 1 + w / 2) / w**2, mpf(1) / 24),
                *(6, *small_angles),
                small_angles[1] ** 2 / mpmath.cos(eighth_turn),
            ),
            # (atan √w/√w − 1)/w
            "ATAN": (
                away_from_zero(lambda w: (mpmath.atan(root(w)) / root(w) - 1) / w, -2 * sixth),
                *(12, *small_tangents),
                small_tangents[1],
            ),
        }
        polynomials = {}
        for name, (function, n_coefficients, low, high, factor) in cases.items():
            coefficients, error = interpolant(function, n_coefficients, low, high)
            polynomials[name] = coefficients, error * float(factor)
        return polynomials


def constants():
    """Return what the functions subtract in parts, so that products with integers are exact."""
    with mp.workdps(DIGITS):
        return {
            "LOG_2": split(mpmath.log(2), 41),
            "HALF_PI_PARTS": split(mpmath.pi / 2, 30, 24, 30),
            "QUARTER_PI": double_and_rest(mpmath.pi / 4),
            "HALF_PI": double_and_rest(mpmath.pi / 2),
        }


if __name__ == "__main__":
    for name, (coefficients, error) in derived().items():
        print(name, f"error {error:.1e}")  # noqa: T201
        print("\n".join(map(repr, coefficients)))  # noqa: T201
    print(constants())  # noqa: T201
