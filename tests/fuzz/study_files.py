"""Contents of study files: valid ones that run at once, and such with a few things wrong."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from fuzz.words import ABSURD, ANY_TEXT, FORMULAS, WELLS, seldom, weighted

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 10**20, 10**400, 0.0, -0.0, 1e308, 1e-320, 2.5]),
    st.sampled_from([float("nan"), float("inf")]),
    ABSURD,
    ANY_TEXT,
)
JUNK = st.recursive(
    _SCALARS,
    lambda parts: st.one_of(
        st.lists(parts, max_size=3), st.dictionaries(st.text(max_size=8), parts, max_size=3)
    ),
    max_leaves=6,
)


def _formula(well: tuple[str, ...]) -> dict[str, Any]:
    formula, variables, start, target = well
    ends = ([float(x) for x in end.split(",")] for end in (start, target))
    return {"formula": formula, "variables": variables} | dict(
        zip(("start", "target"), ends, strict=True)
    )


_LANDSCAPES = st.one_of(
    st.sampled_from(
        [
            {"landscape": "quartic", "barrier": 0.25},
            {"landscape": "tilted", "barrier": 0.25, "tilt": 0.1},
            {"landscape": "separable", "barrier": 0.25, "stiffness": [2.0]},
            {"landscape": "tilted-quartic"},
            {"landscape": "triple-well"},
            {"landscape": "mueller-brown"},
        ]
    ),
    WELLS.map(_formula),
    FORMULAS.map(lambda text: {"formula": text, "variables": "x,y" if "y" in text else "x"}),
)
_SOME = {"min_size": 1, "max_size": 2}
COMPARE = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["a", "a-b.c", "Study_1"]),
        "landscapes": st.lists(_LANDSCAPES, **_SOME),
        "learning_rates": st.lists(st.sampled_from([0.1, 0.05, 0.3]), **_SOME),
        "batch_sizes": st.lists(st.sampled_from([1, 2]), min_size=1, max_size=1),
        "loss_ratios": st.lists(st.sampled_from([1.5, 2, 4, 100]), **_SOME),
        "methods": st.sampled_from([["formula"], ["formula", "exact"]]),
        "n_paths": st.just(20),
    },
    optional={
        "noises": st.lists(st.sampled_from(["isotropic", "hessian", "constant"]), **_SOME),
        "max_direct_steps": st.just(1e6),
        "confidence_level": st.sampled_from([0.5, 0.95, 0.999]),
        "target_radius": st.sampled_from([0.25, 0.1]),
        "seed": st.integers(0, 2**70),
    },
)
#: Direct simulation costs what its loss ratio says.
SIMULATED = st.fixed_dictionaries(
    {
        "name": st.just("simulated"),
        "landscapes": st.just([{"landscape": "quartic", "barrier": 0.25}]),
        "learning_rates": st.just([0.3]),
        "batch_sizes": st.just([1]),
        "loss_ratios": st.sampled_from([[1.5], [1.5, 1.7, 2]]),
        "methods": st.sampled_from([["simulate"], ["formula", "exact", "simulate"]]),
        "n_paths": st.sampled_from([1, 3, 20]),
        "max_mean_times": st.sampled_from([1e-6, 1.0]),
    }
)
BOWL = st.fixed_dictionaries(
    {
        "n_paths": st.just(10),
        "n_samples": st.sampled_from([1, 2, 5]),
        "learning_rates": st.lists(st.sampled_from([0.5, 0.25, 1e-6]), **_SOME, unique=True),
        "batch_sizes": st.just([4]),
        "dimensions": st.just([1]),
        "transition_dimensions": st.sampled_from([[1], [1, 9]]),
    }
)
REGRESSION = {
    "stationary": st.fixed_dictionaries(
        {
            "data_samples": st.just(60),
            "n_paths": st.just(10),
            "path_samples": st.sampled_from([1, 20]),
            "burn_in_samples": st.just(2),
            "steps_per_sample": st.just(5),
            "learning_rates": st.lists(st.sampled_from([0.3, 0.1]), **_SOME),
            "batch_sizes": st.just([2]),
            "exact_nodes": st.just(41),
        }
    ),
    "first-passage": st.fixed_dictionaries(
        {
            "data_samples": st.just(60),
            "n_paths": st.just(5),
            "dimensions": st.sampled_from([[1], [2]]),
            "loss_ratios": st.sampled_from([[1.2, 2], [1.5]]),
            "max_time": st.sampled_from([1.0, 50.0]),
        }
    ),
    "chain": st.fixed_dictionaries(
        {
            "data_samples": st.just(60),
            "n_paths": st.just(20),
            "max_path_steps": st.just(1e4),
            "exact_nodes": st.just(60),
            "settings": st.just([{"learning_rate": 0.5, "batch_size": 1, "label_noise": 1.0}]),
        }
    ),
}
#: What costs as much as it says: only absurd values are put in its place.
_COSTLY = {"n_paths", "n_samples", "data_samples", "path_samples", "steps_per_sample", "max_time"}
_COSTLY |= {"burn_in_samples", "max_path_steps", "max_direct_steps", "exact_nodes"}
_TOO_MUCH = st.sampled_from([0, -1, 10**20, 10**400, None, "x", [], float("nan"), 1e308])


@st.composite
def damaged(draw: st.DrawFn, contents: st.SearchStrategy[dict[str, Any]]) -> dict[str, Any]:
    """Return a content of which up to two values are anything, one is missing, or one is new."""
    content = dict(draw(contents))
    for key in draw(st.lists(st.sampled_from(sorted(content)), max_size=2)):
        content[key] = draw(_TOO_MUCH if key in _COSTLY else JUNK)
    if seldom(draw):
        content.pop(draw(st.sampled_from(sorted(content))))
    if seldom(draw):
        content[draw(ANY_TEXT)] = draw(JUNK)
    return content


def file_text(content: Any) -> str:
    """Return a content as JSON; what no text file can hold is escaped."""
    return json.dumps(content)


def files(contents: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[str]:
    """Return texts of study files: most valid or nearly so, some no study at all."""
    return weighted(
        (6, contents.map(file_text)),
        (6, damaged(contents).map(file_text)),
        (1, JUNK.map(file_text)),
        (1, ANY_TEXT),
    )
