"""Distances, neighbours, the Mantel test and the placing of labels."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from hyperadapters.data.conlang import Family
from hyperadapters.relatedness.measures import (
    cosine_distances,
    known_distances,
    mantel,
    nearest,
    neighbour_agreement,
    rank_correlation,
)
from hyperadapters.support.point_labels import overlap, place


def random_distances(seed, languages):
    return cosine_distances(np.random.default_rng(seed).normal(size=(languages, 6)))


@given(seed=st.integers(0, 1000), languages=st.integers(3, 9))
@settings(max_examples=25, deadline=None)
def test_the_correlation_is_spearmans_and_does_not_depend_on_the_order(seed, languages):
    a, b = random_distances(seed, languages), random_distances(seed + 1, languages)
    pairs = np.triu_indices(languages, k=1)
    found = rank_correlation(a, b)
    assert found == pytest.approx(spearmanr(a[pairs], b[pairs]).statistic)
    order = np.random.default_rng(seed).permutation(languages)
    shuffled = np.ix_(order, order)
    assert rank_correlation(a[shuffled], b[shuffled]) == pytest.approx(found)


@pytest.mark.parametrize("seed", range(3))
def test_the_p_value_is_that_of_all_permutations(seed):
    a, b = random_distances(seed, 5), random_distances(seed, 5) + random_distances(seed + 9, 5)
    found = mantel(a, b, permutations=4000)
    orders = [list(order) for order in itertools.permutations(range(5))]
    reached = [rank_correlation(a[np.ix_(o, o)], b) >= found.correlation - 1e-9 for o in orders]
    assert found.p == pytest.approx(np.mean(reached), abs=0.03)


def test_distances_that_are_the_same_agree_and_equal_ones_say_nothing():
    family = Family(1)
    known = known_distances(family.languages, family.distance)
    found = mantel(known, known, permutations=500)
    assert found.correlation == pytest.approx(1) and found.p < 0.01
    assert neighbour_agreement(known, known)[0] == 1
    assert nearest(family.languages, known, 2)["qba"] == [("qbb", 0.55), ("qbc", 0.55)]
    all_equal = 1 - np.eye(len(known))
    assert np.isnan(rank_correlation(known, all_equal)) and mantel(known, all_equal).p == 1
    share, chance = neighbour_agreement(known, all_equal)
    assert share == chance == 1


def test_vectors_of_one_direction_are_near_and_equal_vectors_are_no_error():
    vectors = np.array([[1.0, 0], [2, 0], [-3, 0]])
    distances = cosine_distances(vectors)
    assert distances[0, 1] == pytest.approx(0) and distances[0, 2] == pytest.approx(2)
    assert np.isfinite(cosine_distances(np.ones((4, 3)))).all()


def test_labels_do_not_overlap_where_there_is_room():
    points = np.array([[100.0, 100], [102, 101], [104, 99], [101, 103], [300, 300]])
    boxes = place(points, [(40, 10)] * len(points), marker=5)
    shared = [overlap(a, b) for a, b in itertools.combinations(boxes, 2)]
    assert max(shared) == 0
    alone = boxes[-1]
    assert 0 <= alone[0] - 300 < 10 and 0 <= alone[1] - 300 < 10
