"""The command line that a measurement was asked for by, as it can be given again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

#: Where results go, how they are printed and who computes them: no number depends on it.
_APART = {"--out", "--resume", "--workers", "--scheduler", "--cluster", "--cluster-config"}
_FLAGS = {"--json"}
_TAKE_PATHS = {"--checkpoint", "--data-dir"}
_TAKE_NAMES = {"train", "noise", "paper"}

_given: ContextVar[tuple[str, ...]] = ContextVar("_given", default=())


def command_line() -> tuple[str, ...]:
    """Return the command and options that are being answered; none where Python asks."""
    return _given.get()


@contextmanager
def answering(arguments: Sequence[str], earlier: Sequence[str] = ()) -> Iterator[None]:
    """Take what is measured in the block for the answer to these arguments.

    Parameters
    ----------
    arguments : sequence of str
        Command and options; none of a part that no command repeats alone.
    earlier : sequence of str
        Those that began what these go on with. Of an option that is given twice the last one
        counts, so both together repeat it.
    """
    given = repeatable(arguments) if arguments else ()
    token = _given.set((*earlier, *given[1:]) if earlier else given)
    try:
        yield
    finally:
        _given.reset(token)


def repeatable(arguments: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments that numbers depend on; files by their full paths.

    Examples
    --------
    >>> repeatable(["noise", "mnist-parity", "--out", "a", "--seed", "7", "--json", "--resume=b"])
    ('noise', 'mnist-parity', '--seed', '7')
    """
    # The name of a data set or a figure may be that of a file here too.
    has_name = arguments[0] in _TAKE_NAMES and not "".join(arguments[1:2]).startswith("-")
    n_named = 1 + has_name
    kept, rest = [*arguments[:n_named]], iter(arguments[n_named:])
    for argument in rest:
        if argument in _APART:
            next(rest, None)
        elif argument not in _FLAGS and argument.partition("=")[0] not in _APART:
            is_path = not kept[-1].startswith("-") or kept[-1] in _TAKE_PATHS
            found = is_path and Path(argument).exists()
            kept.append(str(Path(argument).resolve()) if found else argument)
    return tuple(kept)
