"""Pictures of one escape from Python."""

from __future__ import annotations

import pytest

import landscape_sim as ls

LINE = ls.Escape(ls.QuarticDoubleWell.from_loss_ratio(3.0, 0.25), temperature=0.2)
DIMENSIONS = "escape paths, committor and density are drawn in two dimensions only"


def test_in_one_dimension_there_is_the_landscape(tmp_path):
    pictures = ls.draw_pictures(LINE, label="a well")
    assert (list(pictures.figures), pictures.notes) == (["landscape"], [DIMENSIONS])
    pictures.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"landscape.png", "landscape.svg"}


def test_what_a_solver_refuses_is_noted_and_the_rest_is_drawn():
    # The domain holds the wells and cuts off what the solvers need: it reaches all of them.
    plane = ls.SeparableDoubleWell.from_loss_ratio(3.0, 0.25, (2.0,))
    escape = ls.Escape(plane, temperature=0.4, domain=((-1.3, 1.3), (-1.0, 1.0)))
    pictures = ls.draw_pictures(escape)
    assert list(pictures.figures) == ["landscape"]
    assert [note.split(":")[0] for note in pictures.notes] == [
        "not all of density and escape paths",
        "not all of committor",
        "not all of reactive current",
    ]
    assert all("the domain cuts the well off" in note for note in pictures.notes)
    with pytest.raises(ls.InputError, match="the domain cuts the well off"):
        escape.exact(n_cells=60)


def test_a_number_of_paths_out_of_range_is_refused():
    with pytest.raises(ls.InputError, match="n_paths"):
        ls.draw_pictures(LINE, n_paths=0)
