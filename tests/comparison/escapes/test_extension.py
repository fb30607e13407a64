"""A study that has grown: what it has serves, and its numbers are its own."""

from __future__ import annotations

import pytest
from root_noise import RootNoise

import landscape_sim as ls
from landscape_sim.comparison.case_store import CaseStore
from landscape_sim.comparison.escapes.extension import extended

CONTENT = {
    "name": "small",
    "landscapes": [{"landscape": "quartic", "barrier": 0.25}],
    "learning_rates": [0.2, 0.1],
    "batch_sizes": [1],
    "loss_ratios": [1.5, 2.0],
    "methods": ["exact", "simulate"],
    "n_paths": 20,
}


def without_seconds(result):
    return [{**row, "wall_seconds": None} for row in result.rows()]


def test_more_loss_ratios_cost_only_theirs(tmp_path):
    small, store = ls.Study(**CONTENT), CaseStore(tmp_path)
    before = ls.run_study(small, store=store).rows()
    assert store.n_computed == 8
    large = extended(small.changed({"loss_ratios": [1.5, 1.7, 2.0]}), small)
    assert large.streams == (0, 4, 1, 2, 5, 3)
    grown = ls.run_study(large, store=store)
    assert (store.n_found, store.n_computed) == (8, 12)
    kept = [row for row in grown.rows() if row["loss_ratio"] != 1.7]
    assert kept == before
    # Run at once, and from its file, it is the same study to the last bit.
    anew = ls.run_study(ls.Study(**large.model_dump()))
    assert without_seconds(anew) == without_seconds(grown)
    assert anew.dataset().identical(grown.dataset())


def test_another_accuracy_keeps_what_does_not_depend_on_it(tmp_path):
    study, store = ls.Study(**CONTENT), CaseStore(tmp_path)
    ls.run_study(study, store=store)
    ls.run_study(study.changed({"n_paths": 30, "splitting_error": 0.2}), store=store)
    assert (store.n_found, store.n_computed) == (4, 12)  # the exact rates serve


def test_cases_keep_their_streams_and_new_ones_have_others():
    study = ls.Study(**CONTENT)
    assert extended(study, study) == study
    swapped = study.changed({"settings": study.settings[::-1]})
    assert extended(swapped, study).streams == (2, 3, 0, 1)
    fewer = study.changed({"loss_ratios": [2.0]})
    assert extended(fewer, study).streams == (1, 3)
    assert extended(study, extended(fewer, study)).streams == (4, 1, 5, 3)


@pytest.mark.parametrize(
    ("streams", "message"), [((0, 1), "one number for each of the 4"), ((0, 1, 2, 2), "twice")]
)
def test_streams_that_do_not_fit_are_refused(streams, message):
    with pytest.raises(ls.InputError, match=message):
        ls.Study(**CONTENT, streams=streams)


class StoredRootNoise(RootNoise):
    """A noise of the user's own."""

    name = "stored-root"

    @classmethod
    def at_minimum(cls, hessian, loss, *, temperature, noise_scale):
        return cls(temperature)


ls.register_noise(StoredRootNoise)


def test_code_that_may_change_unseen_is_not_kept(tmp_path):
    study = ls.Study(**{**CONTENT, "noises": ["stored-root"]})
    with pytest.raises(ls.InputError, match=r"the noise 'stored-root' is not of the package"):
        ls.run_study(study, store=CaseStore(tmp_path))
    assert list(tmp_path.iterdir()) == []
