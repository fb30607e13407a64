"""The methods by name. A new one is a file in ``methods/`` and a registration here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any

from landscape_sim.escape.methods.auto import cheapest_rate
from landscape_sim.escape.methods.exact import exact_rate
from landscape_sim.escape.methods.formula import formula_rate
from landscape_sim.escape.methods.instanton import instanton_rate
from landscape_sim.escape.methods.simulate import simulated_rate
from landscape_sim.escape.methods.splitting import splitting_rate
from landscape_sim.escape.problem import EscapeProblem
from landscape_sim.registry import Registry
from landscape_sim.results import Rate
from landscape_sim.validation import InputError


@dataclass(frozen=True)
class Method:
    """A way to answer an escape.

    Attributes
    ----------
    name : str
        What it is called at the command line and in study files.
    answer : callable
        Takes the problem and settings with defaults, by keyword; returns a rate.
    progress_unit : str
        What its ``progress`` counts, where it has that setting.
    """

    name: str
    answer: Callable[..., Rate[Any]]
    progress_unit: str = ""

    @property
    def settings(self) -> frozenset[str]:
        """What may be set."""
        return frozenset(list(signature(self.answer).parameters)[1:])

    def __call__(self, problem: EscapeProblem, **settings: Any) -> Rate[Any]:
        """Return the rate; settings that only other methods have are left out.

        Raises
        ------
        InputError
            If no method has such a setting, or this one refuses.
        """
        known = frozenset().union(*(_METHODS.find(name).settings for name in _METHODS.names()))
        for setting in settings:
            if setting not in known | self.settings:
                raise InputError(
                    f"no method has the setting {setting!r}; choose from {', '.join(sorted(known))}"
                )
        return self.answer(problem, **{k: v for k, v in settings.items() if k in self.settings})


_METHODS = Registry[Method]("method")


def register_method(method: Method) -> None:
    """Make a method known under its name.

    Raises
    ------
    InputError
        If there is another of this name.
    """
    _METHODS.register(method.name, method)


def find_method(name: str) -> Method:
    """Return the method of this name.

    Raises
    ------
    InputError
        If there is none.
    """
    return _METHODS.find(name)


def method_names() -> tuple[str, ...]:
    """Return the names of all methods.

    >>> method_names()[:4]
    ('formula', 'exact', 'simulate', 'splitting')
    """
    return _METHODS.names()


register_method(Method("formula", formula_rate))
register_method(Method("exact", exact_rate))
register_method(Method("simulate", simulated_rate, "passages planned so far"))
register_method(Method("splitting", splitting_rate, "levels planned so far"))
register_method(Method("instanton", instanton_rate))
register_method(Method("auto", cheapest_rate, "passages or levels planned so far"))
