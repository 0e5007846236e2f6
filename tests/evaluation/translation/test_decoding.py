"""How batches are filled."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperadapters.evaluation.translation.decoding import (
    Limits,
    Search,
    Sentences,
    batches,
    remaining,
)
from hyperadapters.support.errors import UserError


class Sized:
    """A dataset that knows the lengths of its sentences only."""

    def __init__(self, lengths):
        self.lengths = lengths

    def size(self, row):
        return (self.lengths[row], 0)


def places_of(lengths_by_direction):
    return [
        (sentences, row)
        for name, lengths in lengths_by_direction.items()
        for sentences in [Sentences(name, "x", "y", Sized(lengths), range(len(lengths)))]
        for row in sentences.rows
    ]


def named(batch):
    return [(sentences.name, row) for sentences, row in batch]


directions = st.dictionaries(
    st.sampled_from(["a-c", "b-c", "d-c"]), st.lists(st.integers(1, 30), max_size=12), max_size=3
)
limits = st.builds(
    Limits, st.none() | st.integers(1, 90), st.none() | st.integers(1, 7)
)  # fmt: skip


@given(directions, limits)
def test_batches_hold_every_sentence_once_within_their_limits(lengths, limit):
    places = places_of(lengths)
    found = list(batches(places, limit))
    assert Counter(one for batch in found for one in named(batch)) == Counter(named(places))
    for batch in found:
        padded = max(one.dataset.lengths[row] for one, row in batch)
        if len(batch) > 1:
            assert limit.max_tokens is None or len(batch) * padded <= limit.max_tokens
            assert limit.batch_size is None or len(batch) <= limit.batch_size


@given(directions, limits, st.data())
def test_after_an_interruption_the_batches_are_those_of_the_first_attempt(lengths, limit, data):
    places = places_of(lengths)
    planned = [named(batch) for batch in batches(places, limit)]
    finished = data.draw(st.integers(0, len(planned)))
    done = {}
    for name, row in (one for batch in planned[:finished] for one in batch):
        done.setdefault(name, []).append(row)
    assert [named(batch) for batch in remaining(places, limit, done)] == planned[finished:]


@given(directions, limits, st.data())
def test_whatever_is_done_the_rest_is_translated_once(lengths, limit, data):
    places = places_of(lengths)
    done = {
        name: data.draw(st.sets(st.sampled_from(range(len(rows))))) for name, rows in lengths.items() if rows
    }  # fmt: skip
    found = Counter(one for batch in remaining(places, limit, done) for one in named(batch))
    assert found == Counter(
        (name, row) for name, row in named(places) if row not in done.get(name, ())
    )


def test_options_out_of_range_are_named():
    with pytest.raises(UserError, match="--beam 0: give at least 1"):
        Search(beam=0)
    with pytest.raises(UserError, match="--max-len-b 0"):
        Search(max_len_b=0)
    with pytest.raises(UserError, match="--max-tokens 0"):
        Limits(max_tokens=0)
