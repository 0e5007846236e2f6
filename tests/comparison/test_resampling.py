"""Significance equals sacreBLEU's for one direction, and says what it must for several."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.significance import PairedTest

from hyperadapters.comparison.resampling import TESTS, Sentences, holm
from hyperadapters.comparison.signatures import metric_of


def corpora(seed, sentences, systems=2):
    """References, and translations that lose some words of them."""
    random = np.random.default_rng(seed)
    references = [
        " ".join(f"word{number}" for number in random.integers(30, size=random.integers(3, 12)))
        for _ in range(sentences)
    ]

    def worse(line, share):
        return " ".join(word if random.random() > share else "x" for word in line.split())

    return references, {
        f"system {number}": [worse(line, 0.1 + 0.06 * number) for line in references]
        for number in range(systems)
    }


def judged(test, metric, references, hypotheses):
    sentences = Sentences.of(metric, hypotheses, references)
    pair = tuple(hypotheses)
    resampled = test.resampled(sentences, [pair])[pair]
    return test.judge(tuple(sentences.scores[system] for system in pair), resampled)


@pytest.mark.parametrize("name", TESTS.names())
@pytest.mark.parametrize("metric", [BLEU, CHRF])
@pytest.mark.parametrize("sentences", [20, 61])
def test_one_direction_gives_the_result_of_sacrebleu(name, metric, sentences, monkeypatch):
    monkeypatch.setenv("SACREBLEU_SEED", "7")
    references, hypotheses = corpora(sentences, sentences)
    _, theirs = PairedTest(
        list(hypotheses.items()), {"m": metric()}, [references], test_type=name, n_samples=150
    )()
    (first, second) = next(results for key, results in theirs.items() if key != "System")
    verdict = judged(TESTS.get(name)(150, 7), metric(), references, hypotheses)
    assert verdict.p == second.p_value
    assert verdict.difference == pytest.approx(second.score - first.score)


class MeanOfTwo(BLEU):
    """The mean BLEU of two directions, whose sentences are the two halves of a line."""

    def _extract_corpus_statistics(self, hypotheses, references):
        halves = []
        for half in (0, 1):
            ours = [line.split("|")[half] for line in hypotheses]
            theirs = [line.split("|")[half] for line in references[0]]
            halves.append(super()._extract_corpus_statistics(ours, [theirs]))
        return np.concatenate(halves, axis=1).tolist()

    def _compute_score_from_stats(self, stats):
        halves = [
            BLEU._compute_score_from_stats(self, half) for half in np.split(np.array(stats), 2)
        ]
        halves[0].score = sum(half.score for half in halves) / 2
        return halves[0]


@pytest.mark.parametrize("name", TESTS.names())
def test_several_directions_give_the_result_of_sacrebleu_on_their_mean(name, monkeypatch):
    monkeypatch.setenv("SACREBLEU_SEED", "7")
    both = [corpora(seed, 40) for seed in (1, 2)]
    references, *systems = (
        ["|".join(lines) for lines in zip(*sides)]
        for sides in zip(
            *([references, *hypotheses.values()] for references, hypotheses in both)
        )
    )  # fmt: skip
    _, theirs = PairedTest(
        [("a", systems[0]), ("b", systems[1])], {"m": MeanOfTwo()}, [references],
        test_type=name, n_samples=150,
    )()  # fmt: skip
    expected = next(results for key, results in theirs.items() if key != "System")[1]
    test, pair = TESTS.get(name)(150, 7), ("system 0", "system 1")
    counted = [Sentences.of(BLEU(), hypotheses, references) for references, hypotheses in both]
    scores = [sum(each.scores[system] for each in counted) / 2 for system in pair]
    resampled = sum(np.stack(test.resampled(each, [pair])[pair]) for each in counted) / 2
    assert test.judge(tuple(scores), tuple(resampled)).p == pytest.approx(expected.p_value)


@pytest.mark.parametrize("name", TESTS.names())
def test_equal_translations_do_not_differ(name):
    references, hypotheses = corpora(0, 30)
    same = {"a": hypotheses["system 0"], "b": hypotheses["system 0"]}
    verdict = judged(TESTS.get(name)(100, 1), BLEU(), references, same)
    assert (verdict.difference, verdict.p) == (0, 1)


def test_the_interval_holds_the_difference_and_not_zero_if_it_is_large():
    references, hypotheses = corpora(3, 80, systems=6)
    far = {name: hypotheses[name] for name in ("system 0", "system 5")}
    verdict = judged(TESTS.get("bs")(300, 1), BLEU(), references, far)
    low, high = verdict.interval
    assert low < verdict.difference < high < 0 and verdict.p < 0.05


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
@settings(max_examples=50, deadline=None)
def test_holm_never_lowers_a_p_value_and_keeps_the_order(p_values):
    corrected = holm(p_values)
    assert all(after >= before for before, after in zip(p_values, corrected))
    assert corrected.max() <= 1
    assert list(corrected[np.argsort(p_values)]) == sorted(corrected)
    smallest = int(np.argmin(p_values))
    assert corrected[smallest] == pytest.approx(min(1, min(p_values) * len(p_values)))


@pytest.mark.parametrize(
    "metric",
    [
        BLEU(), BLEU(tokenize="zh"), BLEU(tokenize="char", lowercase=True, effective_order=True),
        BLEU(smooth_method="floor", smooth_value=0.2), CHRF(), CHRF(word_order=2, lowercase=True),
        CHRF(eps_smoothing=True, whitespace=True),
    ],
)  # fmt: skip
def test_a_signature_gives_its_metric(metric):
    metric.corpus_score(["a b c d e"], [["a b c d f"]])
    signature = str(metric.get_signature())
    again = metric_of("bleu" if isinstance(metric, BLEU) else "chrf", signature)
    again.corpus_score(["a b c d e"], [["a b c d f"]])
    assert str(again.get_signature()) == signature
