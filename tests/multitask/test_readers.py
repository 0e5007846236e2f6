"""Reading of CoNLL-U, columns and text, and what is said about files that are none."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperadapters.multitask.all_tasks import TASKS
from hyperadapters.multitask.ner import to_iob2
from hyperadapters.multitask.readers import FileSlice, TaggedSentence
from hyperadapters.support.errors import UserError

read_conllu, read_columns, read_text, read_pairs = (
    TASKS.get(name).read for name in ("pos", "ner", "mlm", "translation")
)

CONLLU = """# sent_id = 1
# text = vámonos al mar
1-2\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_
1\tvamos\tir\tVERB\t_\t_\t0\troot\t_\t_
2\tnos\tnosotros\tPRON\t_\t_\t1\tobj\t_\t_
2.1\tellipsis\t_\tVERB\t_\t_\t_\t_\t_\t_
3\ta l\ta\tADP\t_\t_\t4\tcase\t_\t_

1\tmar\tmar\tNOUN\t_\t_\t0\troot\t_\t_
"""


def part(tmp_path, text, name="file.txt", **limits):
    path = tmp_path / name
    data = text if isinstance(text, bytes) else text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return FileSlice((path,), **limits)


@pytest.mark.parametrize("name", ["a.conllu", "a.conllu.gz"])
def test_words_of_conllu_without_multiword_tokens_and_empty_nodes(tmp_path, name):
    first, second = read_conllu(part(tmp_path, "# newdoc\n\n" + CONLLU, name))
    assert first.words == ("vamos", "nos", "a l") and first.labels == ("VERB", "PRON", "ADP")
    assert second.words == ("mar",)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_words_are_those_of_their_columns(tmp_path, end):
    """Blanks of any kind within a word of columns with tabs, and line ends of any system."""
    conllu = "1\ta  b\tx  y\tVERB\t_\n2\t10\u00a0000\tz\tNUM\t_\n".replace("\n", end)
    (only,) = read_conllu(part(tmp_path, conllu))
    assert only == TaggedSentence(("a  b", "10\u00a0000"), ("VERB", "NUM"))
    columns = "10\u00a0000 NUM B-MISC\n\u3000 O\n\nx\x85y\u202fz\tO\n".replace("\n", end)
    first, second = read_columns(part(tmp_path, columns))
    assert first.words == ("10\u00a0000", "\u3000") and second.words == ("x\x85y\u202fz",)


def test_a_language_before_every_word_is_taken_off(tmp_path):
    wikiann = "en:rick\tB-PER\nen::\tO\n\nen:Paris\tB-LOC\n"
    assert [one.words for one in read_columns(part(tmp_path, wikiann))] == [
        ("rick", ":"),
        ("Paris",),
    ]
    with pytest.raises(UserError, match="a word is nothing but 'en:'"):
        list(read_columns(part(tmp_path, wikiann + "en:\tO\n")))
    some = "en:rick\tB-PER\nParis\tB-LOC\n"
    assert next(read_columns(part(tmp_path, some))).words == ("en:rick", "Paris")


def test_words_that_are_not_there_are_left_out_or_refused(tmp_path, caplog):
    lacking = "1\t_\t_\tNOUN\n2\t_\t_\tVERB\n\n"
    single = "1\t_\t_\tSYM\n\n"
    with pytest.raises(UserError, match="has '_' for every word: merge the text"):
        list(read_conllu(part(tmp_path, lacking + single)))
    kept = list(read_conllu(part(tmp_path, lacking + single + CONLLU)))
    assert [one.words for one in kept[:2]] == [("_",), ("vamos", "nos", "a l")]
    assert "1 of 4 sentences have '_' for every word and are left out" in caplog.text


def test_a_part_takes_some_sentences(tmp_path):
    (only,) = read_conllu(part(tmp_path, CONLLU, start=1, stop=2))
    assert only.words == ("mar",)
    with pytest.raises(UserError, match="has no sentences there"):
        list(read_conllu(part(tmp_path, CONLLU, start=2)))


@pytest.mark.parametrize(
    "text, message",
    [
        (CONLLU.replace("NOUN", "N"), r"file.txt line 9: 'N' is no universal part of speech"),
        (CONLLU.replace("NOUN", "_"), r"line 9: '_' is no universal"),
        (CONLLU.replace("3\ta l", "three\ta l"), r"line 7 is no CoNLL-U"),
        ("word TAG\n", r"line 1 is no CoNLL-U"),
        (CONLLU.replace("\n\n", "\n"), r"line 8 is no CoNLL-U: word 4"),
        (CONLLU.replace("mar\t", "\t", 1), r"line 9: the word \(FORM\) is empty"),
        (CONLLU.replace("nos\t", "n\ros\t", 1), r"line 3: a carriage return within the line"),
        (b"1\ta\xff\t_\tNOUN\n", r"line 1 is not UTF-8"),
        ("\n\n", r"file.txt has no sentences"),
    ],
)
def test_the_bad_line_of_a_conllu_file_is_named(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        list(read_conllu(part(tmp_path, text)))


def test_columns_in_any_scheme(tmp_path):
    text = "-DOCSTART- -X- O O\n\nJohn NNP B-NP I-PER\nSmith NNP I-NP I-PER\n\nRome\tS-LOC\n.\tO\n"
    first, second = read_columns(part(tmp_path, text))
    assert first.words == ("John", "Smith") and first.labels == ("B-PER", "I-PER")
    assert second.labels == ("B-LOC", "O")


@pytest.mark.parametrize(
    "text, message",
    [
        ("Rome\tB-LOC\nsleeps\n", r"line 2: no word and tag, but 'sleeps'"),
        ("Rome\tPER\n", r"line 1: 'PER' is no IOB tag .*tag last"),
        ("\tO\n", r"line 1: no word and tag"),
        ("1\tRome\tB-LOC\n2\tsleeps\tO\n", r"first column numbers the words"),
    ],
)
def test_the_bad_line_of_columns_is_named(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        list(read_columns(part(tmp_path, text)))


def spans(tags):
    """Entities of IOB2 tags, as (type, start, end)."""
    found = []
    for place, tag in enumerate(tags):
        if tag.startswith("B"):
            found.append([tag[2:], place, place])
        elif tag.startswith("I"):
            found[-1][2] = place
    return found


@given(st.lists(st.tuples(st.sampled_from(["", "PER", "LOC"]), st.integers(1, 3)), max_size=8))
def test_every_scheme_becomes_the_same_iob2(chunks):
    iob1, iob2, bioes = [], [], []
    before = ""
    for kind, length in chunks:
        rest = length - 1
        if not kind:
            for tags in (iob1, iob2, bioes):
                tags += ["O"] * length
        else:
            iob2 += [f"B-{kind}", *[f"I-{kind}"] * rest]
            iob1 += ["B-" + kind if before == kind else f"I-{kind}", *[f"I-{kind}"] * rest]
            bioes += (
                [f"B-{kind}", *[f"I-{kind}"] * (rest - 1), f"E-{kind}"] if rest else [f"S-{kind}"]
            )
        before = kind
    assert to_iob2(iob1) == to_iob2(iob2) == to_iob2(bioes) == iob2
    assert len(spans(iob2)) == sum(bool(kind) for kind, _ in chunks)


def test_lines_and_pairs(tmp_path):
    assert list(read_text(part(tmp_path, "a  b\n\nc\n"))) == ["a b", "c"]
    (tmp_path / "src").write_text("a\n\nc\nd\n")
    (tmp_path / "tgt").write_text("A\nB\n\nD\n")
    both = FileSlice((tmp_path / "src", tmp_path / "tgt"))
    assert list(read_pairs(both)) == [("a", "A"), ("d", "D")]
    (tmp_path / "tgt").write_text("A\n")
    with pytest.raises(UserError, match="src has 4 lines, but .*tgt has 1: align"):
        list(read_pairs(both))


def test_a_damaged_gzip_file_is_named(tmp_path):
    Path(tmp_path / "a.gz").write_bytes(b"no gzip")
    with pytest.raises(UserError, match="a.gz cannot be read"):
        list(read_text(FileSlice((tmp_path / "a.gz",))))
