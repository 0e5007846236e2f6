"""The whole way: what is written, resuming, and what a change brings about."""

import json

import pytest
from fairseq.data import Dictionary, data_utils
from small_corpus import CONFIG, sentences, write

from hyperadapters.cli.main import main
from hyperadapters.data.byte_pieces import text_of_pieces
from hyperadapters.data.conlang import Family
from hyperadapters.demos.translation_corpus import write_text_files
from hyperadapters.preparation.filters import pairs as filtering
from hyperadapters.preparation.run import next_commands, prepare
from hyperadapters.preparation.stages import encode as encode_stage
from hyperadapters.support.errors import UserError
from hyperadapters.support.files import exclusive_lock


def decoded(out, name, code, folder="bin"):
    """The sentences of a binarised set."""
    dictionary = Dictionary.load(str(out / "dict.txt"))
    data = data_utils.load_indexed_dataset(str(out / folder / f"{name}.{code}"), dictionary)
    return [text_of_pieces(dictionary.string(data[row])) for row in range(len(data))]


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


def times(out, pattern="*"):
    return {path.name: path.stat().st_mtime_ns for path in (out / "bin").glob(pattern)}


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


def test_nothing_is_done_again_when_nothing_changed(corpus, prepared, capsys):
    first = prepared()
    out = corpus.parent / "out"
    before = times(out)
    capsys.readouterr()
    assert prepared() == first
    assert capsys.readouterr().err == f"nothing changed: {out} is up to date\n"
    assert times(out) == before


def test_a_changed_file_redoes_what_depends_on_it(corpus, prepared, monkeypatch):
    prepared()
    out = corpus.parent / "out"
    before = times(out)
    seen = []
    filter_chunk = filtering.filter_chunk
    monkeypatch.setattr(
        filtering, "filter_chunk", lambda task: seen.append(1) or filter_chunk(task)
    )

    path = corpus / "train.ru.gz"
    write(path, [*sentences("ru", 119, "train"), ""])  # touched, and other lines are left
    prepared()
    assert len(seen) == 1
    after = times(out)
    # another sample, another model: all is encoded again

    assert all(after[name] != before[name] for name in after if name.startswith("t"))
    write(path, [*sentences("ru", 119, "train"), ""])  # touched only
    prepared()
    assert len(seen) == 2 and times(out) == after

    (out / "bin" / "test.en-ru.ru.idx").unlink()
    prepared()
    changed = {name for name, time in times(out).items() if time != after[name]}
    assert changed == {
        f"test.en-ru.{code}.{end}" for code in ("en", "ru") for end in ("bin", "idx")
    }


def test_an_interrupted_preparation_goes_on(corpus, prepared, monkeypatch):
    whole = prepared()
    out = corpus.parent / "out"
    expected = {path.name: path.read_bytes() for path in (out / "bin").iterdir()}
    for path in sorted(out.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()

    write_part, calls = encode_stage.write, []

    def interrupted(part, *args):
        calls.append(part.name)
        if len(calls) == 3:
            next(args[2])
            raise KeyboardInterrupt
        return write_part(part, *args)

    monkeypatch.setattr(encode_stage, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepared()
    (out / "bin" / ".test.en-de.en.bin.123").write_text("left by a process that was killed")
    assert prepared() == whole
    assert len(calls) == len(set(calls)) + 1  # the part under way, and no other, was done twice
    assert {path.name: path.read_bytes() for path in (out / "bin").iterdir()} == expected


def test_several_processes_give_the_same(corpus, prepared, monkeypatch):
    monkeypatch.setattr("hyperadapters.preparation.text.CHUNK", 9)
    prepared()
    out = corpus.parent / "out"
    out.rename(corpus.parent / "one")
    prepared(workers=3)
    for folder in ("bin", "text", "work"):
        for path in (out / folder).iterdir():
            assert path.read_bytes() == (corpus.parent / "one" / folder / path.name).read_bytes()


def test_what_is_not_made_any_more_is_removed(corpus, prepared):
    prepared()
    out = corpus.parent / "out"
    prepared(CONFIG.replace("pairs: {train: english-centric, test: all}", "pairs: [en-ru]"))
    names = {path.name.split(".")[1] for path in (out / "bin").glob("t*")}
    assert names == {"en-ru"} and not list((out / "text").glob("*de*"))
    prepared(CONFIG + "shard_sentences: 60")
    assert sorted(path.name for path in (out / "bin").iterdir()) == ["shard0", "shard1"]


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


def test_one_preparation_at_a_time_writes_to_a_folder(corpus, prepared):
    with exclusive_lock(corpus.parent / "out"):
        with pytest.raises(UserError, match="another command is writing to"):
            prepared()
    assert prepared()["directions"]


def test_a_damaged_state_is_named(corpus, prepared):
    prepared()
    state = corpus.parent / "out" / "state.json"
    for text in ("{", "[1]"):
        state.write_text(text)
        with pytest.raises(UserError, match="state.json is damaged: remove it"):
            prepared()


@pytest.mark.parametrize("style", ["multilingual", "mbart"])
def test_the_training_command_has_the_language_tokens_of_the_dictionary(corpus, prepared, style):
    tokens = f"sentencepiece: {{vocabulary: 400, language_tokens: {style}}}"
    found = prepared(CONFIG.replace("sentencepiece: {vocabulary: 400}", tokens))
    command = next_commands(corpus.parent / "out", found)
    assert ("--lang-tok-style mbart" in command) == (style == "mbart")
