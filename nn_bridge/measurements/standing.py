"""Whether a point is a minimum that descent stays in: only from there is there an escape."""

from __future__ import annotations

from dataclasses import dataclass

#: Negative eigenvalues above this share of the largest may be rounding.
_ROUNDING = 1e-6
#: Share of the loss that one step of descent may take at what is still called a minimum.
_SHARE = 1e-3


@dataclass(frozen=True)
class Standing:
    """What a point is, from what was measured there.

    Attributes
    ----------
    loss, gradient_norm : float
        ``L`` and ``|∇L|``.
    lowest, largest : float
        Lowest Ritz value, which is no less than the lowest eigenvalue, and largest eigenvalue.
    learning_rate : float
        ``η``.

    Examples
    --------
    >>> Standing(0.1, 0.3, -0.56, 20.0, 0.2).label
    'saddle, on a slope, descent diverges'
    """

    loss: float
    gradient_norm: float
    lowest: float
    largest: float
    learning_rate: float

    @property
    def is_saddle(self) -> bool:
        """Whether an eigenvalue is negative, rounding apart."""
        return self.lowest < -_ROUNDING * abs(self.largest)

    @property
    def is_on_a_slope(self) -> bool:
        """Whether one step of descent, of ``1/h``, takes more than a thousandth of the loss."""
        return self.gradient_norm**2 > 2 * _SHARE * max(self.largest, 0.0) * self.loss

    @property
    def descent_diverges(self) -> bool:
        """Whether ``η h ≥ 2``: descent leaves the point, without any noise."""
        return self.learning_rate * self.largest >= 2

    @property
    def is_minimum(self) -> bool:
        """Whether it is neither on a slope nor a saddle."""
        return not (self.is_saddle or self.is_on_a_slope)

    @property
    def label(self) -> str:
        """What it is, in a few words for tables and figures."""
        words = [
            "saddle" if self.is_saddle else "",
            "on a slope" if self.is_on_a_slope else "",
            "descent diverges" if self.descent_diverges else "",
        ]
        if self.is_minimum:
            words[0] = "minimum"
        return ", ".join(word for word in words if word)

    @property
    def place(self) -> str:
        """Where one is, to begin a sentence with."""
        if not self.is_minimum:
            return f"At no minimum ({self.label})"
        return "At a minimum" + (" where descent diverges" if self.descent_diverges else "")

    @property
    def suffix(self) -> str:
        """What to add to a title: nothing where all is well."""
        return "" if self.label == "minimum" else f" ({self.label})"

    def warnings(self) -> list[str]:
        """Return a sentence for each thing that predictions of an escape do not allow for."""
        found = []
        if self.is_saddle:
            found.append(
                f"This is a saddle and no minimum: its lowest Ritz value is {self.lowest:.3g}, and "
                f"descent alone leaves along it on a time scale of t = {-1 / self.lowest:.3g}."
            )
        if self.is_on_a_slope:
            found.append(
                f"This is no minimum: |∇L| = {self.gradient_norm:.3g}, so descent alone lowers the "
                f"loss on a time scale of t = {self.loss / self.gradient_norm**2:.3g}."
            )
        if self.descent_diverges:
            found.append(
                f"η h = {self.learning_rate * self.largest:.3g} of the largest eigenvalue is not "
                "below 2: descent diverges here without any noise."
            )
        return found
