"""The whole way: what is written, and what a configuration brings about."""

import json

import pytest
from fairseq.data import Dictionary, data_utils
from small_corpus import CONFIG, sentences, write

from hyperadapters.cli.main import main
from hyperadapters.data.byte_pieces import text_of_pieces
from hyperadapters.data.conlang import Family
from hyperadapters.demos.translation_corpus import write_text_files
from hyperadapters.preparation.run import next_commands, prepare
from hyperadapters.support.errors import UserError


def decoded(out, name, code, folder="bin"):
    """The sentences of a binarised set."""
    dictionary = Dictionary.load(str(out / "dict.txt"))
    data = data_utils.load_indexed_dataset(str(out / folder / f"{name}.{code}"), dictionary)
    return [text_of_pieces(dictionary.string(data[row])) for row in range(len(data))]


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


def test_everything_that_fairseq_needs_is_there(corpus, prepared):
    found = prepared()
    out = corpus.parent / "out"
    assert found == json.loads((out / "report.json").read_text())
    counts = {**found["splits"]["train"]["en-ru"], "longest": None}
    assert counts == {"read": 120, "kept": 110, "dropped": {"gap": 10}, "longest": None}
    assert list(found["splits"]["test"]) == ["en-de", "en-ru", "de-ru"]
    assert (out / "directions.txt").read_text() == "en-de,de-en,en-ru,ru-en\n"
    assert (out / "langs.txt").read_text() == "en,de,ru\n"
    assert "| en-ru  |    120 |    110 |    10 |" in (out / "report.md").read_text()
    entries = (out / "dict.txt").read_bytes()
    assert all(
        (out / "bin" / f"dict.{code}.txt").read_bytes() == entries for code in ("en", "de", "ru")
    )
    for name, codes in (("test.de-ru", ("de", "ru")), ("valid.en-de", ("en", "de"))):
        for code in codes:
            assert decoded(out, name, code) == lines(out / "text" / f"{name}.{code}")
    assert decoded(out, "train.en-ru", "ru") == [
        line for row, line in enumerate(sentences("ru", 120, "train")) if row % 12
    ]
    assert len(lines(out / "text" / "test.de-ru.ru")) == 7


def test_no_training_pair_has_a_held_out_side(corpus, prepared):
    train, test = sentences("en", 120, "train"), sentences("de", 8, "test")
    train[5] = test[3]  # held out in another language than it occurs in
    train[7] = "only in this file"
    train[9] = "in full-width letters"
    write(corpus / "train.en.gz", train)
    wide = train[9].translate({code: code + 0xFEE0 for code in range(ord("a"), ord("z") + 1)})
    write(corpus / "more.txt", ["only in this file", wide])
    found = prepared(CONFIG + "filters: {held_out: [more.txt]}")
    dropped = found["splits"]["train"]
    assert [dropped[pair]["dropped"]["held out"] for pair in ("en-de", "en-ru")] == [3, 3]
    out = corpus.parent / "out"
    left = set(lines(out / "work" / "train.en-de.en"))
    assert left == set(train) - {test[3], "only in this file", train[9]}


def test_long_sentences_are_dropped_by_pieces_but_not_from_test_sets(corpus, prepared):
    found = prepared(CONFIG + "filters: {max_pieces: 18}")
    train = found["splits"]["train"]["en-de"]
    assert 0 < train["dropped"]["too many pieces"] == 120 - train["kept"]
    counts = {**found["splits"]["test"]["en-de"], "longest": None}
    assert counts == {"read": 8, "kept": 8, "dropped": {}, "longest": None}
    assert len(decoded(corpus.parent / "out", "train.en-de", "de")) == train["kept"]


def test_valid_and_test_sets_can_be_drawn_from_training_files(corpus, prepared):
    write(corpus / "b.en", sentences("en", 90, "b") + sentences("en", 90, "b"))
    write(corpus / "b.de", sentences("de", 90, "b") + sentences("de", 90, "b"))
    config = """
bitext:
- {pair: de-en, train: "b.{lang}", valid: {from_train: 10}}
- {pair: en-de, test: {from_train: 5}}
sentencepiece: {vocabulary: 350}
"""
    found = prepared(config)["splits"]
    out = corpus.parent / "out"
    assert found["train"]["de-en"]["kept"] == 75
    assert found["train"]["de-en"]["dropped"] == {"held out": 30, "duplicate": 75}
    assert (found["valid"]["de-en"]["kept"], found["test"]["en-de"]["kept"]) == (10, 5)
    pairs = set(zip(sentences("en", 90, "b"), sentences("de", 90, "b")))
    drawn = list(
        zip(lines(out / "text" / "valid.de-en.en"), lines(out / "text" / "valid.de-en.de"))
    )
    drawn += zip(lines(out / "text" / "test.en-de.en"), lines(out / "text" / "test.en-de.de"))
    assert len(set(drawn)) == 15 and set(drawn) < pairs
    first = lines(out / "text" / "valid.de-en.en")
    prepared(config + "seed: 2")
    assert lines(out / "text" / "valid.de-en.en") != first


def test_a_file_can_be_divided_into_odd_and_even_lines(corpus, prepared, monkeypatch):
    monkeypatch.setattr("hyperadapters.preparation.text.CHUNK", 3)
    dev = sentences("de", 8, "test")
    prepared("""
bitext:
- pair: de-en
  train: "valid.{lang}"
  valid: {files: "test.{lang}", lines: odd}
  test: {source: test.de, target: test.en, lines: even}
sentencepiece: {vocabulary: 300}
""")
    text = corpus.parent / "out" / "text"
    assert lines(text / "valid.de-en.de") == dev[::2] and lines(text / "test.de-en.de") == dev[1::2]


def test_ragged_files_of_the_constructed_languages(tmp_path):
    write_text_files(tmp_path, Family(1), train=(90, 30), valid=5, test=4)
    config = """
languages: [qaa, qab, qba]
english: qaa
pairs: {train: english-centric, test: all}
multiparallel: [{train: "text/train.{lang}", valid: "text/valid.{lang}", test: "text/test.{lang}"}]
sentencepiece: {vocabulary: 400}
"""
    (tmp_path / "config.yaml").write_text(config)
    with pytest.raises(UserError, match=r"has 90 lines, but .*train.q.. has .*first without"):
        prepare(tmp_path / "config.yaml", tmp_path / "out", 1)
    (tmp_path / "config.yaml").write_text(config.replace("[{train", "[{ragged: true, train"))
    found = prepare(tmp_path / "config.yaml", tmp_path / "out", 1)
    for pair, counts in found["splits"]["train"].items():
        lengths = [len(lines(tmp_path / "text" / f"train.{code}")) for code in pair.split("-")]
        assert counts["read"] == min(lengths) < 90
        assert set(counts["dropped"]) <= {"copy"}  # related languages may share a sentence


def test_a_language_in_another_script_than_expected_is_an_error(corpus, prepared):
    for split in ("valid", "test"):
        write(corpus / f"{split}.ru", sentences("en", 6 if split == "valid" else 8, split + "x"))
    with pytest.raises(UserError, match="ru is expected in Cyrillic, but 100% .*most are Latin"):
        prepared()
    prepared(CONFIG + "filters: {scripts: {ru: any}}")


def test_scripts_of_unknown_languages_are_measured(corpus, prepared):
    for split in ("train", "valid", "test"):
        for path in corpus.glob(f"{split}.ru*"):
            path.rename(corpus / path.name.replace(".ru", ".qxx"))
    train = sentences("ru", 120, "train")
    train[:7] = sentences("en", 7, "mixed up")
    write(corpus / "train.qxx.gz", train)
    found = prepared(CONFIG.replace("ru", "qxx"))
    assert found["splits"]["train"]["en-qxx"]["dropped"] == {"script": 7}


def test_an_existing_model_is_taken_over(corpus, prepared):
    prepared()
    out = corpus.parent / "out"
    out.rename(corpus.parent / "old")
    given = "\nsentencepiece: {model: ../old/sentencepiece.model, dictionary: dict.txt}"
    config = CONFIG.replace("\nsentencepiece: {vocabulary: 400}", given)
    with pytest.raises(UserError, match="sentencepiece.dictionary: there is no file .*dict.txt"):
        prepared(config)
    entries = lines(corpus.parent / "old" / "dict.txt")
    (corpus / "dict.txt").write_text("\n".join(reversed(entries)) + "\n")
    prepared(config)
    model = (out / "sentencepiece.model").read_bytes()
    assert model == (corpus.parent / "old" / "sentencepiece.model").read_bytes()
    assert lines(out / "bin" / "dict.de.txt") == entries[::-1]
    assert decoded(out, "test.de-ru", "ru") == lines(out / "text" / "test.de-ru.ru")


def test_a_pair_without_a_sentence_is_left_out_with_a_warning(corpus, prepared, capsys):
    write(corpus / "valid.ru", [""] * 5 + ["абв"])
    write(corpus / "valid.de", ["hij"] * 5 + [""])
    write(corpus / "valid.en", ["abc"] * 6)
    config = CONFIG.replace("english-centric, test: all", "all")
    found = prepared(config)
    capsys.readouterr()
    assert prepared(config) == found and "nothing changed" in capsys.readouterr().err
    assert found["warnings"] == [
        "no sentence pair is left in valid of de-ru: left out",
        "no valid set for de-ru: train with --disable-validation, or add one",
    ]


def test_a_training_set_that_is_mostly_dropped_and_an_idle_language_are_warned_of(corpus, prepared):
    copies = sentences("en", 120, "train")[:90]
    write(corpus / "train.de.gz", copies + sentences("de", 120, "train")[90:])
    config = CONFIG.replace('test.{lang}"}', 'test.{lang}", languages: [en, de]}')
    warned = "\n".join(prepared(config)["warnings"])
    assert "only 30 of 120 training pairs of en-de are kept, most are dropped as 'copy'" in warned
    assert "no training pair with ru" in warned


def test_a_vocabulary_is_at_least_as_large_as_characters_need(corpus, prepared):
    found = prepared(CONFIG.replace("vocabulary: 400", "vocabulary: 10"))
    size = found["sentencepiece"]["pieces"]
    assert size > 256  # byte fallback alone
    assert (
        f"sentencepiece.vocabulary is 10, but the model has {size} pieces" in found["warnings"][0]
    )


def test_sentencepiece_that_cannot_train_is_an_error(corpus, prepared):
    with pytest.raises(UserError, match="sentencepiece.normalization is 'nfd': .* knows nmt_nfkc"):
        prepared(CONFIG.replace("vocabulary: 400", "vocabulary: 400, normalization: nfd"))


def test_the_command(corpus, capsys):
    out = corpus.parent / "my out"
    command = ["prepare", str(corpus / "config.yaml")]
    assert main([*command, "--check", "--workers", "1"]) == 0
    assert "120" in capsys.readouterr().out and not out.exists()
    assert main(command) == 2
    assert "--out" in capsys.readouterr().err
    assert main([*command, "--out", str(out), "--workers", "0"]) == 2
    assert main([*command, "--out", f"{out}:2"]) == 2
    capsys.readouterr()
    assert main([*command, "--out", str(out), "--workers", "1"]) == 0
    printed = capsys.readouterr().out
    assert "| en-de  |" in printed and f"fairseq-train '{out / 'bin'}' --user-dir" in printed
    assert f"$(cat '{out / 'directions.txt'}')" in printed
    assert f"--data '{out / 'bin'}' --out evaluation" in printed
    assert main([*command, "--out", str(out), "--workers", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["directions"] == ["en-de", "de-en", "en-ru", "ru-en"]
    (corpus / "valid.ru").unlink()
    assert main([*command, "--out", str(out), "--workers", "1"]) == 2
    assert "there is no file" in capsys.readouterr().err


@pytest.mark.parametrize("style", ["multilingual", "mbart"])
def test_the_training_command_has_the_language_tokens_of_the_dictionary(corpus, prepared, style):
    tokens = f"sentencepiece: {{vocabulary: 400, language_tokens: {style}}}"
    found = prepared(CONFIG.replace("sentencepiece: {vocabulary: 400}", tokens))
    command = next_commands(corpus.parent / "out", found)
    assert ("--lang-tok-style mbart" in command) == (style == "mbart")
