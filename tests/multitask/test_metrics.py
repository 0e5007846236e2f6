"""The metrics of tags against other libraries, in validation, and under sacreBLEU's tests."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nervaluate import Evaluator
from sacrebleu.significance import PairedTest
from seqeval.metrics import f1_score

from hyperadapters.comparison.resampling import TESTS, Sentences
from hyperadapters.comparison.signatures import metric_of
from hyperadapters.metrics.tags import Accuracy, SpanF1
from hyperadapters.multitask.all_tasks import TASKS

TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
# sentences of pairs (predicted, right), of any tags: an entity may begin with I
CORPORA = st.lists(
    st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)), min_size=1, max_size=7),
    min_size=1, max_size=5,
)  # fmt: skip


def sides(corpus):
    return [[[pair[side] for pair in sentence] for sentence in corpus] for side in (0, 1)]


def score(metric, predicted, right):
    lines = ([" ".join(tags) for tags in side] for side in (predicted, right))
    found, wanted = lines
    return metric.corpus_score(found, [wanted]).score


@given(CORPORA)
def test_span_f1_is_that_of_seqeval_and_of_nervaluate(corpus):
    predicted, right = sides(corpus)
    found = score(SpanF1(), predicted, right)
    assert found == pytest.approx(100 * f1_score(right, predicted, zero_division=0))
    results = Evaluator(right, predicted, tags=["PER", "LOC"], loader="list").evaluate()
    assert found == pytest.approx(100 * results["overall"]["strict"].f1)


@given(CORPORA)
def test_accuracy_is_the_share_of_equal_tags(corpus):
    pairs = [pair for sentence in corpus for pair in sentence]
    expected = 100 * sum(a == b for a, b in pairs) / len(pairs)
    assert score(Accuracy(), *sides(corpus)) == pytest.approx(expected)


@given(CORPORA, st.sampled_from(["pos", "ner"]))
def test_validation_counts_as_the_metric_does(corpus, name):
    task = TASKS.get(name)
    predicted, right = sides(corpus)
    sums = {}
    for tags in zip(predicted, right):
        ids = ([TAGS.index(tag) for tag in side] for side in tags)
        for count, value in task.count(*ids, TAGS).items():
            sums[count] = sums.get(count, 0) + value
    assert task.score(sums) == pytest.approx(score(task.metric(), predicted, right))


@pytest.mark.parametrize("metric", [Accuracy, SpanF1])
@pytest.mark.parametrize("name", TESTS.names())
def test_significance_is_that_of_sacrebleu(metric, name, monkeypatch):
    monkeypatch.setenv("SACREBLEU_SEED", "7")
    random = np.random.default_rng(0)
    rows = [random.choice(TAGS, size=random.integers(1, 9)) for _ in range(40)]

    def worse(row, share):
        return " ".join(np.where(random.random(len(row)) < share, random.choice(TAGS), row))

    references = [" ".join(row) for row in rows]
    systems = {f"{share}": [worse(row, share) for row in rows] for share in (0.3, 0.45)}
    signatures, theirs = PairedTest(
        list(systems.items()), {"m": metric()}, [references], test_type=name, n_samples=150
    )()
    first, second = theirs[metric.title]
    sentences, test = Sentences.of(metric(), systems, references), TESTS.get(name)(150, 7)
    pair = tuple(systems)
    resampled = test.resampled(sentences, [pair])[pair]
    verdict = test.judge(tuple(sentences.scores[system] for system in pair), resampled)
    assert verdict.p == second.p_value < 1
    assert verdict.difference == pytest.approx(second.score - first.score)
    assert f"{name}:150" in str(signatures[metric.title])


@pytest.mark.parametrize(
    "metric", [Accuracy(), Accuracy(unit="masked-pieces", masked=0.2), SpanF1()]
)
def test_a_signature_gives_its_metric(metric):
    metric.corpus_score(["O"], [["O"]])
    signature = str(metric.get_signature())
    again = metric_of(metric.title, signature)
    again.corpus_score(["O"], [["O"]])
    assert str(again.get_signature()) == signature


def test_a_tag_too_many_is_an_error():
    with pytest.raises(ValueError, match="2 tags are predicted, 1 "):
        Accuracy().corpus_score(["O O"], [["O"]])
