"""The command line that a measurement was asked for by, as it can be given again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

#: Where results go, how they are printed and who computes them: no number depends on it.
_APART = {"--out", "--resume", "--workers", "--scheduler", "--cluster", "--cluster-config"}
_FLAGS = {"--json"}
#: What follows them is no value of theirs.
_SWITCHES = {"--allow-unofficial", "--by-layer", "--quick", "--"}
_TAKE_PATHS = {"--checkpoint", "--data-dir"}
#: Their argument is a data set or a figure, whatever file has its name.
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
        counts, so both together repeat it. What goes on with none of these, no command repeats.
    """
    given = repeatable(arguments) if arguments else ()
    if any(argument.partition("=")[0] == "--resume" for argument in arguments):
        given = (*_extended_by(given, earlier), *given[1:]) if earlier else ()
    token = _given.set(given)
    try:
        yield
    finally:
        _given.reset(token)


def _extended_by(given: Sequence[str], earlier: Sequence[str]) -> Iterator[str]:
    """Yield the earlier arguments, without a length in steps where one in epochs follows."""
    has_epochs = any(argument.partition("=")[0] == "--epochs" for argument in given)
    rest = iter(earlier)
    for argument in rest:
        if not (has_epochs and argument.partition("=")[0] == "--iterations"):
            yield argument
        elif argument == "--iterations":
            next(rest, None)


def repeatable(arguments: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments that numbers depend on; files by their full paths.

    Examples
    --------
    >>> repeatable(["noise", "mnist-parity", "--out", "a", "--seed", "7", "--json", "--resume=b"])
    ('noise', 'mnist-parity', '--seed', '7')
    """
    takes_names = arguments[0] in _TAKE_NAMES
    kept, rest = [arguments[0]], iter(arguments[1:])
    for argument in rest:
        name, is_joined, value = argument.partition("=")
        if argument in _APART:
            next(rest, None)
        elif name in _TAKE_PATHS and is_joined:
            kept.append(f"{name}={_in_full(value)}")
        elif argument not in _FLAGS and name not in _APART:
            before = kept[-1]
            is_value = before.startswith("--") and "=" not in before and before not in _SWITCHES
            is_path = before in _TAKE_PATHS or not (is_value or takes_names)
            kept.append(_in_full(argument) if is_path else argument)
    return tuple(kept)


def _in_full(argument: str) -> str:
    return str(Path(argument).resolve()) if Path(argument).exists() else argument
