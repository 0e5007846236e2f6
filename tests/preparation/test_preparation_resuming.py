"""Going on with a preparation: what is done again, and what is not."""

import pytest
from small_corpus import CONFIG, sentences, write

from hyperadapters.preparation.filters import pairs as filtering
from hyperadapters.preparation.stages import encode as encode_stage
from hyperadapters.support.errors import UserError
from hyperadapters.support.files import exclusive_lock


def times(out, pattern="*"):
    return {path.name: path.stat().st_mtime_ns for path in (out / "bin").glob(pattern)}


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
