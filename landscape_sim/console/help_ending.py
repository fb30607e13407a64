"""How every help text ends: with an example, and where the words are explained."""

from __future__ import annotations

#: The command that prints :func:`landscape_sim.console.terms.terms`.
_TERMS = "Terms and symbols: landscape-sim terms"


def ending(*example: str) -> str:
    """Return what follows the options of a command.

    Parameters
    ----------
    *example : str
        Lines for a shell, which run as they stand in an empty folder, one after the other.
    """
    # Such a mark keeps the lines of a paragraph as they are.
    return "\n\n".join(["\b\n" + "\n".join(["Example:", *_indented(example)]), _TERMS])


def _indented(example: tuple[str, ...]) -> list[str]:
    return [f"  {line}" for line in example]
