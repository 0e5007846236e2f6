"""`hyperadapters evaluate` against fairseq-generate, and going on after an interruption."""

import json
import re
import shutil
import sys
from dataclasses import replace

import pytest
import torch
from evaluations import read_scores
from toy import generate

from hyperadapters.api import Translator
from hyperadapters.data.tagged_pairs import TaggedPairs
from hyperadapters.evaluation.translation.decoding import Decoder, Limits, Search
from hyperadapters.evaluation.translation.translate import load
from hyperadapters.support.files import read_lines

ALL = ["de-en", "de-fr", "en-de", "en-fr", "fr-de", "fr-en"]
TRAINED = ["de-en", "en-de", "en-fr", "fr-en"]


def hypotheses(out, direction):
    return read_lines(out / "hypotheses" / f"{direction}.txt")


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--adapter-source", "language"),
        ("--decoder-langtok",),
        ("--encoder-langtok", "src", "--decoder-langtok", "--lang-tok-replacing-bos-eos"),
    ],
)
def test_every_hypothesis_equals_fairseq_generate(toy, tmp_path, trained, evaluate, options):
    checkpoint = trained("--max-update", "150", *options)
    result = evaluate(checkpoint, "--workers", "2" if sys.platform == "linux" else "1")
    assert list(result["directions"]) == ALL
    assert len(set(map(tuple, (hypotheses(tmp_path / "out", one) for one in ALL)))) == 6
    for direction in ALL:
        wanted = generate(toy, checkpoint, *direction.split("-"))
        found = hypotheses(tmp_path / "out", direction)
        assert found == [wanted[row] for row in range(21)], direction


def test_the_engine_takes_all_directions_at_once_and_other_adapters(
    toy, tmp_path, trained, evaluate
):
    checkpoint = trained("--max-update", "150", "--decoder-langtok")
    evaluate(checkpoint)
    translator = Translator.load(str(checkpoint), str(toy / "bin"), cpu=True)
    decoder = translator.decoder(Search(max_len_b=12), Limits(max_tokens=100))

    def decoded(sentences):
        found = {}
        for batch in decoder.decode(sentences):
            for name, row, text in batch.rows:
                found.setdefault(name, {})[row] = text
        return {name: [rows[row] for row in range(21)] for name, rows in found.items()}

    sentences = [load(translator.task, "test", one) for one in ALL]
    together = decoded(sentences)
    assert together == {one: hypotheses(tmp_path / "out", one) for one in ALL}
    # the language ids of a data set choose the adapters, the direction chooses the tokens
    other = [
        replace(one, dataset=TaggedPairs(one.dataset.dataset, *translator.task.languages.direction("en-de")))
        for one in sentences
    ]  # fmt: skip
    swapped = decoded(other)
    assert swapped["en-de"] == together["en-de"] and swapped["en-fr"] != together["en-fr"]


def test_the_files_say_what_was_found(toy, tmp_path, trained, evaluate):
    result = evaluate(trained(), "--name", "my system")
    out = tmp_path / "out"
    assert json.loads((out / "evaluation.json").read_text()) == result
    assert result["languages"] == ["de", "en", "fr"] and result["english"] == "en"
    assert result["training_sentences"] == {"en-de": 200, "en-fr": 200}
    groups = {name: found["directions"] for name, found in result["averages"].items() if found}
    assert groups == {"into_english": 2, "out_of_english": 2, "zero_shot": 2}
    assert result["averages"]["other_supervised"] is None
    into = [result["directions"][one] for one in ("de-en", "fr-en")]
    for metric in ("bleu", "chrf", "off_target"):
        mean = sum(one[metric] for one in into) / 2
        assert result["averages"]["into_english"][metric] == pytest.approx(mean, abs=1e-4)
    assert into[0]["sentences"] == 21 and into[0]["group"] == "into_english"
    assert "tok:13a" in into[0]["signature"]["bleu"] and "nc:6" in into[0]["signature"]["chrf"]
    # every word of the toy corpus begins with its language
    for direction, found in result["directions"].items():
        code = direction.split("-")[1]
        wrong = [code not in line for line in hypotheses(out, direction)]
        assert found["off_target"] == pytest.approx(sum(wrong) / 21, abs=0.1)
    system = result["system"]
    assert (system["name"], system["updates"], system["hyper_hidden"]) == ("my system", 20, 6)
    state = torch.load(trained(), weights_only=True)["model"]
    adapters = sum(t.numel() for name, t in state.items() if ".adapters." in name)
    assert system["adapter_parameters"] == adapters > 0
    embeddings = state["encoder.embed_tokens.weight"].numel()
    weights = sum(t.numel() for t in state.values() if t.dim() > 0)
    assert system["total_parameters"] <= weights - 2 * embeddings + len(state)
    page = (out / "evaluation.md").read_text()
    assert "# Evaluation of my system" in page and "zero-shot" in page
    assert re.search(r"\*\*de\*\* .*\d\*", page)  # de-fr is zero-shot
    assert read_scores(out / "scores.tsv") == {
        ("my system", "1", direction, metric, entry["group"]): entry[metric]
        for direction, entry in result["directions"].items()
        for metric in ("bleu", "chrf", "off_target")
    }
    for name in ("bleu", "chrf", "off_target"):
        assert (out / f"{name}.png").read_bytes().startswith(b"\x89PNG")


@pytest.fixture
def counted(monkeypatch):
    """The rows that are translated, by call of the command; `stop_after` batches interrupt it."""
    rows = []
    stock = Decoder.decode_batch

    def decode_batch(self, batch):
        if len(rows) == counts["stop_after"]:
            raise KeyboardInterrupt
        rows.append([(one.name, row) for one, row in batch])
        return stock(self, batch)

    counts = {"rows": rows, "stop_after": None}
    monkeypatch.setattr(Decoder, "decode_batch", decode_batch)
    return counts


def test_an_interrupted_evaluation_goes_on(toy, tmp_path, trained, evaluate, counted):
    from hyperadapters.cli.main import main

    whole = evaluate(trained(), out=tmp_path / "whole")
    planned = list(counted["rows"])
    counted["rows"].clear()
    counted["stop_after"] = 5
    out = tmp_path / "cut"
    words = ["evaluate", "--checkpoint", trained(), "--data", toy / "bin", "--out", out, "--cpu",
             "--max-len-b", "12", "--max-tokens", "60", "--workers", "1"]  # fmt: skip
    assert main(list(map(str, words))) == 130
    assert counted["rows"] == planned[:5] and not (out / "evaluation.json").exists()
    counted["stop_after"] = None
    again = evaluate(trained(), out=out)
    assert counted["rows"] == planned  # the same batches, none twice
    assert again["directions"] == whole["directions"]

    counted["rows"].clear()
    assert evaluate(trained(), "--english", "fr", out=out)["english"] == "fr"
    assert not counted["rows"]


def test_a_batch_that_is_too_large_for_the_device_is_halved(
    tmp_path, trained, evaluate, monkeypatch
):
    wanted = evaluate(trained(), "--directions", "en-fr", out=tmp_path / "a")
    stock, room = Decoder.hypotheses, 2

    def hypotheses(self, batch):
        if len(batch) > room:
            raise torch.cuda.OutOfMemoryError("no room")
        return stock(self, batch)

    monkeypatch.setattr(Decoder, "hypotheses", hypotheses)
    found = evaluate(trained(), "--directions", "en-fr", out=tmp_path / "b")
    assert found["directions"] == wanted["directions"]
    room = 0
    error = evaluate(trained(), "--directions", "en-fr", out=tmp_path / "c")
    assert "memory does not suffice for one sentence" in error


def test_more_directions_are_added_and_changes_translate_anew(
    toy, tmp_path, trained, evaluate, counted, capsys
):
    from hyperadapters.cli.main import main

    first = evaluate(trained(), "--directions", "trained")
    assert set(first["directions"]) == set(TRAINED)
    counted["rows"].clear()
    fewer = evaluate(trained(), "--directions", "de-en")
    assert list(fewer["directions"]) == ["de-en"] and not counted["rows"]
    assert [file.name for file in (tmp_path / "out" / "hypotheses").iterdir()] == ["de-en.txt"]
    every = evaluate(trained(), "--directions", "all")
    assert {name for batch in counted["rows"] for name, _ in batch} == {"de-fr", "fr-de"}
    assert {one: every["directions"][one] for one in TRAINED} == first["directions"]
    counted["rows"].clear()
    words = [
        "evaluate",
        "--data",
        toy / "bin",
        "--out",
        tmp_path / "out",
        "--cpu",
        "--max-len-b",
        "12",
        "--workers",
        "1",
    ]
    for checkpoint, beam, changed in (
        (trained(), "2", "beam"),
        (trained("--adapter-source", "language"), "2", "checkpoint"),
    ):
        counted["rows"].clear()
        assert main([*map(str, words), "--checkpoint", str(checkpoint), "--beam", beam]) == 0
        said = capsys.readouterr().err
        assert f"with other settings ({changed}): translating anew" in said
        assert sum(map(len, counted["rows"])) == 6 * 21


def test_a_baked_checkpoint_is_evaluated_as_its_original(tmp_path, trained, run, evaluate):
    baked = tmp_path / "baked" / "model.pt"
    run("bake", "--checkpoint", trained(), "--directions", "de-fr,fr-de", "--out", baked, "--json")
    wanted, found = evaluate(trained(), out=tmp_path / "a"), evaluate(baked, out=tmp_path / "b")
    assert list(found["directions"]) == ["de-fr", "fr-de"]
    assert found["averages"]["zero_shot"]["directions"] == 2
    assert found["system"]["baked_from"] == "hyper" and found["system"]["updates"] == 20
    assert "have no binarised sentences" in found["remarks"][0]
    for direction in ("de-fr", "fr-de"):
        assert found["directions"][direction] == wanted["directions"][direction]
        assert hypotheses(tmp_path / "a", direction) == hypotheses(tmp_path / "b", direction)


def test_raw_references_are_used_and_must_agree(toy, tmp_path, trained, evaluate):
    folder = tmp_path / "raw"
    folder.mkdir()
    for code in ("de", "en"):
        shutil.copy(toy / f"test.{code}", folder)
    # of the pair: before that of all; written under Windows, with a no-break space
    (folder / "test.en-de.de").write_bytes(
        "\ufeffein\u00a0 Wort\r\n".encode() + b"ein Wort\r\n" * 20
    )
    words = ("--directions", "en-de,de-en", "--references", folder)
    result = evaluate(trained(), *words)
    assert read_lines(tmp_path / "out" / "references" / "en-de.txt") == ["ein Wort"] * 21
    assert read_lines(tmp_path / "out" / "references" / "de-en.txt") == read_lines(toy / "test.en")
    assert result["directions"]["en-de"]["bleu"] == 0
    (folder / "test.en-de.de").write_text("Wort\n" * 20)
    assert "test.en-de.de has 20 lines, the binarised set 21" in evaluate(trained(), *words)
    (folder / "test.en").unlink()
    assert "there is no file " in evaluate(trained(), *words)


def test_what_cannot_be_evaluated_is_said_before_the_model_is_loaded(
    toy, tmp_path, trained, evaluate, monkeypatch
):
    monkeypatch.setattr(Translator, "load", lambda *_, **__: pytest.fail("loaded"))
    for words, message in (
        (("--directions", "de-fr,en-xx"), "unknown language 'xx'"),
        (("--directions", "de-fr", "--subset", "valid"), "no binarised sentences of de-fr in"),
        (("--english", "nl"), "unknown language 'nl'"),
        (("--beam", "0"), "--beam 0"),
        (("--workers", "0"), "--workers 0: give at least 1"),
        (("--tokenizer", "fr=15a"), "--tokenizer fr=15a"),
        (("--comet", tmp_path / "no"), "--comet: there is no folder"),
        (("--language-identifier", "no-such"), "--language-identifier no-such"),
    ):
        assert message in evaluate(trained(), *words), words
    pairs = trained("--adapter-source", "pair")
    assert "pair adapters exist for trained directions only" in evaluate(
        pairs, "--directions", "de-fr"
    )
    state = torch.load(trained(), weights_only=True)
    state["task_state"]["format"]["max_source_positions"] = 6
    torch.save(state, tmp_path / "short.pt")
    error = evaluate(tmp_path / "short.pt")
    assert "of de-en, " in error and "8 pieces, but the model takes 5" in error
    other = tmp_path / "bin"
    shutil.copytree(toy / "bin", other)
    (other / "dict.fr.txt").write_text("fr1 1\n")
    assert "dictionaries of fr in" in evaluate(trained(), "--data", other)


@pytest.mark.skipif(not shutil.which("sed"), reason="no sed")
def test_labels_that_are_not_the_models_are_remarked_on(tmp_path, trained, evaluate):
    words = ("--directions", "en-de", "--language-identifier")
    found = evaluate(trained(), *words, "sed s/.*/zzz/")
    assert any("into de mean nothing" in remark for remark in found["remarks"])
    for label in ("de", "deu"):  # ISO 639-1 and 639-3
        assert not evaluate(trained(), *words, f"sed s/.*/{label}/")["remarks"]
