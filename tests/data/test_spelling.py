"""Numbers become the pieces that fairseq's dictionary makes of them."""

import pytest
from fairseq.data import Dictionary
from hypothesis import given
from hypothesis import strategies as st

from hyperadapters.data.spelling import Speller

PIECES = 20


@pytest.fixture(scope="module")
def dictionary():
    found = Dictionary()
    for number in range(PIECES):
        found.add_symbol(f"\u2581{number}")
    return found


@given(st.lists(st.integers(0, PIECES + 3)), st.sets(st.integers(0, PIECES + 3)), st.booleans())
def test_pieces_are_those_of_fairseq(dictionary, numbers, left_out, escape):
    wanted = dictionary.string(numbers, None, escape, left_out)
    assert Speller(dictionary, left_out, escape)(numbers) == wanted
