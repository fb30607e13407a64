"""What a worker brings back of a case."""

from __future__ import annotations

from dataclasses import dataclass

from landscape_sim.comparison.packed_answer import PackedAnswer
from landscape_sim.validation import InputError


@dataclass(frozen=True)
class CaseReport:
    """What a worker brings back.

    Attributes
    ----------
    computed : tuple of PackedAnswer
        The answers that were not known.
    failure : str or None
        Why the case was not finished.
    is_other_code : bool
        Whether the worker runs other code, so that its numbers would be others.
    """

    computed: tuple[PackedAnswer, ...]
    failure: str | None = None
    is_other_code: bool = False

    def require_same_code(self) -> None:
        """Refuse a worker of other code.

        Raises
        ------
        InputError
            If it is.
        """
        if self.is_other_code:
            raise InputError(
                "a worker has other sources, libraries or data than this process, so that its "
                "numbers would be others; install the same versions there and start it anew"
            )
