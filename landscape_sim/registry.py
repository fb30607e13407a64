"""What is known by a name, and may be added to: noise models, schemes and methods."""

from __future__ import annotations

from typing import Generic, TypeVar

from landscape_sim.validation import InputError

Item = TypeVar("Item")


class Registry(Generic[Item]):
    """Items of one kind by name, in the order of their registration.

    Parameters
    ----------
    kind : str
        What they are, in refusals.

    Examples
    --------
    >>> colours = Registry[int]("colour")
    >>> colours.register("red", 0xFF0000)
    >>> colours.names(), colours.find("red")
    (('red',), 16711680)
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._items: dict[str, Item] = {}

    def register(self, name: str, item: Item) -> None:
        """Make the item known under this name; the same again changes nothing.

        Raises
        ------
        InputError
            If another item has the name.
        """
        if self._items.setdefault(name, item) is not item:
            raise InputError(f"there is a {self._kind} {name!r} already; choose another name")

    def find(self, name: str) -> Item:
        """Return the item of this name.

        Raises
        ------
        InputError
            If there is none.
        """
        if not isinstance(name, str) or name not in self._items:
            raise InputError(
                f"{self._kind} {name!r} is unknown; choose one of {', '.join(self._items)}"
            )
        return self._items[name]

    def names(self) -> tuple[str, ...]:
        """Return all names."""
        return tuple(self._items)
