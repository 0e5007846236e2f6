"""The constructed language family: deterministic, unambiguous, annotated, and a family."""

from hashlib import sha256
from itertools import combinations
from statistics import correlation, mean

import pytest

from hyperadapters.data.conlang import Family, Sentence, training_sizes
from hyperadapters.support.errors import UserError

UPOS = set("NOUN PROPN PRON VERB AUX ADJ ADV NUM ADP DET CCONJ PART PUNCT".split())


@pytest.fixture(scope="module")
def family():
    return Family(seed=1)


@pytest.fixture(scope="module")
def meanings(family):
    return list(family.meanings(2000, "test"))


def digest(seed):
    family = Family(seed)
    return [
        family.realise(meaning, code).conllu()
        for meaning in family.meanings(20, "train")
        for code in family.languages
    ]


def edit_distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    return row[-1] / max(len(a), len(b))


def word_distance(family, a, b):
    first, second = family.lexicon(a), family.lexicon(b)
    return mean(edit_distance(first[concept], second[concept]) for concept in first)


def test_the_seed_decides_everything():
    assert digest(1) == digest(1)
    assert digest(1) != digest(2)


def test_every_process_gives_the_same_sentences():
    """Python salts hashes anew in each process, so a fixed checksum shows none is involved.

    Whoever changes the languages on purpose puts the new checksum here.
    """
    assert sha256("".join(digest(1)).encode()).hexdigest()[:16] == "f235b09f4f61c57c"


def test_every_meaning_has_its_own_sentence_in_every_language(family, meanings):
    assert len(set(meanings)) == 2000
    for code in family.languages:
        assert len({family.realise(meaning, code).text.lower() for meaning in meanings}) == 2000


def test_no_two_words_of_a_language_are_alike(family):
    for code in family.languages:
        lexicon = family.lexicon(code)
        assert len(lexicon) >= 150
        assert len(set(lexicon.values())) == len(lexicon)


def test_annotation_is_aligned_and_valid(family, meanings):
    for code in family.languages:
        for meaning in meanings[:500]:
            sentence = family.realise(meaning, code)
            columns = (
                sentence.words,
                sentence.upos,
                sentence.entities,
                sentence.heads,
                sentence.deprels,
            )
            assert len({len(column) for column in columns}) == 1
            assert UPOS.issuperset(sentence.upos)
            assert_entities(sentence)
            assert_tree(sentence)


def assert_entities(sentence):
    previous = "O"
    for tag, upos in zip(sentence.entities, sentence.upos):
        assert (tag != "O") == (upos == "PROPN")
        if tag.startswith("I-"):
            assert previous[2:] == tag[2:]
        previous = tag


def assert_tree(sentence):
    assert sentence.heads.count(0) == 1
    assert sentence.deprels[sentence.heads.index(0)] == "root"
    assert sentence.deprels.count("root") == 1
    for word in range(1, len(sentence.heads) + 1):
        steps = 0
        while word:
            word, steps = sentence.heads[word - 1], steps + 1
            assert steps <= len(sentence.heads), "cycle"


def test_relations_do_not_depend_on_the_language(family, meanings):
    """What a meaning says of its participants is the same tree in every language."""
    for meaning in meanings[:200]:
        for code in family.languages:
            deprels = family.realise(meaning, code).deprels
            assert deprels.count("nsubj") == 1
            assert deprels.count("obj") == len(meaning.objects)
            assert deprels.count("iobj") + deprels.count("obl") == len(
                meaning.recipients + meaning.places
            )
            assert deprels.count("cop") == bool(meaning.predicate)
            assert deprels.count("conj") == len(meaning.subjects) - 1


def test_sentences_are_short_and_end_in_a_stop(family, meanings):
    lengths = []
    for code in family.languages:
        sentences = [family.realise(meaning, code) for meaning in meanings]
        assert all(sentence.words[-1] == "." for sentence in sentences)
        lengths += [len(sentence.words) for sentence in sentences]
    assert min(lengths) >= 3 and max(lengths) <= 14
    assert 6 < mean(lengths) < 8


def test_conllu_block():
    sentence = Sentence(
        ("Ra", "go", "."),
        ("PROPN", "VERB", "PUNCT"),
        ("B-PER", "O", "O"),
        (2, 0, 2),
        ("nsubj", "root", "punct"),
    )
    assert sentence.conllu() == (
        "# text = Ra go .\n"
        "1\tRa\t_\tPROPN\t_\t_\t2\tnsubj\t_\tNER=B-PER\n"
        "2\tgo\t_\tVERB\t_\t_\t0\troot\t_\t_\n"
        "3\t.\t_\tPUNCT\t_\t_\t2\tpunct\t_\t_\n\n"
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_words_differ_as_the_tree_says(seed):
    family = Family(seed)
    pairs = list(combinations(family.languages, 2))
    words = [word_distance(family, *pair) for pair in pairs]
    sisters = [family.branch_of(a) == family.branch_of(b) for a, b in pairs]
    near = [value for value, same in zip(words, sisters) if same]
    far = [value for value, same in zip(words, sisters) if not same]
    assert max(near) < min(far)
    assert correlation(words, [family.distance(*pair) for pair in pairs]) > 0.9


def test_the_tree(family):
    assert len(family.languages) == 9
    assert {family.branch_of(code) for code in family.languages} == {"a", "b", "c"}
    assert family.distance("qaa", "qaa") == 0
    assert family.distance("qaa", "qba") == family.distance("qba", "qaa")
    assert (
        family.distance("qaa", "qab")
        < family.distance("qaa", "qac")
        < family.distance("qaa", "qba")
    )
    assert {family.script_of(code) for code in family.languages} == {"latin", "cyrillic", "greek"}


def test_splits_can_be_kept_apart(family):
    held_out = list(family.meanings(300, "valid"))
    training = list(family.meanings(300, "valid", exclude=held_out))
    assert len(training) == 300
    assert set(training).isdisjoint(held_out)
    assert sorted(held_out) == sorted(reversed(held_out))


def test_training_sizes_are_imbalanced_in_every_branch(family):
    sizes = training_sizes(family.languages, 10000, 100)
    assert list(sizes) == list(family.languages)
    assert sizes["qaa"] == 10000 and min(sizes.values()) == 100
    ordered = sorted(sizes, key=sizes.get, reverse=True)
    for start in (0, 3, 6):
        assert {family.branch_of(code) for code in ordered[start : start + 3]} == {"a", "b", "c"}
    hub_last = training_sizes(("qcc", "qaa", "qca"), 9, 1)
    assert hub_last == {"qcc": 9, "qaa": 3, "qca": 1}


def test_mistakes_are_named(family):
    meaning = next(family.meanings(1, 0))
    for call in (
        lambda: family.realise(meaning, "qbba"),
        lambda: family.lexicon("qbba"),
        lambda: family.distance("qaa", "qbba"),
        lambda: family.script_of("qbba"),
        lambda: training_sizes(["qbba"], 2, 1),
    ):
        with pytest.raises(UserError, match="unknown language 'qbba'.*mean 'qbb'") as caught:
            call()
        assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="largest"):
        training_sizes(family.languages, 1, 2)
