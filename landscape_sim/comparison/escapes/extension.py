"""A study that goes on as a larger one: every case keeps its stream of random numbers."""

from __future__ import annotations

from collections import defaultdict
from itertools import count

from landscape_sim.comparison.escapes.study import Study


def differing_keys(study: Study, other: Study) -> list[str]:
    """Return the keys that are not the same in both."""
    return [name for name in Study.model_fields if getattr(study, name) != getattr(other, name)]


def extended(study: Study, earlier: Study) -> Study:
    """Return ``study`` with the streams that its cases had in ``earlier``.

    A case draws from the stream of its number. Among more loss ratios it would have another
    number, and its old answer would be of no use. Here the cases of ``earlier`` keep theirs and
    new ones have numbers of their own, which ``streams`` says: the study is the same wherever
    it is run again.

    Examples
    --------
    >>> one = Study(
    ...     name="one",
    ...     landscapes=[{"landscape": "quartic", "barrier": 0.25}],
    ...     learning_rates=[0.1, 0.2],
    ...     batch_sizes=[1],
    ...     loss_ratios=[2],
    ... )
    >>> extended(one.changed({"loss_ratios": [1.5, 2]}), one).streams
    (2, 0, 3, 1)
    """
    known = defaultdict[str, list[int]](list)
    for case, stream in zip(_cases(earlier), earlier.case_streams(), strict=True):
        known[case].append(stream)
    new = count(max(earlier.case_streams()) + 1)
    streams = tuple(known[case].pop(0) if known[case] else next(new) for case in _cases(study))
    in_order = streams == tuple(range(study.n_cases))
    return study.changed({"streams": streams}) if not in_order else study.in_order()


def _cases(study: Study) -> list[str]:
    """Return a text for every case, in order."""
    return [
        f"{family.asked()!r} {setting!r} {ratio!r}"
        for family in study.families
        for setting in study.settings
        for ratio in study.ratios
    ]
