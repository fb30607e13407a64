"""Lists in the text of an option."""

from __future__ import annotations

import pytest

from landscape_sim.console.options import read_integers, read_intervals, read_numbers
from landscape_sim.validation import InputError


def test_reads_numbers_integers_and_intervals():
    assert read_numbers("--x", "-1, 2.5") == (-1.0, 2.5)
    assert read_integers("--x", "3,-4") == (3, -4)
    assert read_intervals("--x", "0:1,-2:3") == ((0.0, 1.0), (-2.0, 3.0))


@pytest.mark.parametrize("read", [read_numbers, read_integers, read_intervals])
def test_no_text_is_none_and_a_bad_one_is_refused_in_one_line(read):
    assert read("--x", None) is None
    for text in ("", "1,", "one", "1:2:3"):
        with pytest.raises(InputError, match=r"^--x must be .* separated by commas, got '") as no:
            read("--x", text)
        assert "\n" not in str(no.value)


def test_an_integer_has_no_fraction():
    with pytest.raises(InputError, match="integers"):
        read_integers("--x", "1.5")
