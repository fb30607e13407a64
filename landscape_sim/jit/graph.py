"""Functions and classes that name one another, as hashes of all that lies behind each."""

from __future__ import annotations

import hashlib
import re

# No text that ``repr`` makes holds the first character.
_MARK = re.compile("\0([0-9]+);")


def mark(node: int) -> str:
    """Return what stands for a node in the text of another."""
    return f"\0{node};"


def filled_in(text: str, digests: dict[int, str]) -> str:
    """Return ``text`` with the digests of the nodes that it names."""
    return _MARK.sub(lambda found: digests[int(found[1])], text)


def node_digests(texts: list[str]) -> dict[int, str]:
    """Return for each node a hash of its text and of all nodes behind it, at any depth.

    Nodes are told apart by what they hold, not by their numbers, and what is not behind a node
    does not count.
    """
    return {node: _digest(node, texts) for node in range(len(texts))}


def _digest(root: int, texts: list[str]) -> str:
    behind = {root}
    ahead = [root]
    while ahead:
        named = {int(node) for node in _MARK.findall(texts[ahead.pop()])} - behind
        behind |= named
        ahead += named
    digests = dict.fromkeys(behind, "")
    # Where nodes name one another in a circle, unrolling it twice as often as there are nodes
    # tells any two graphs of this size apart.
    for _ in range(2 * len(behind) + 1):
        deeper = {
            node: hashlib.sha256(filled_in(texts[node], digests).encode()).hexdigest()
            for node in behind
        }
        if deeper == digests:
            break
        digests = deeper
    return digests[root]
