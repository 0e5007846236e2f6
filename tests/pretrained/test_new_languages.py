"""Languages that are added to a trained translation model."""

import pytest
import torch
from toy import generate_output, scores, train

from hyperadapters.checkpoints import load
from hyperadapters.checkpoints.checkpoint import Checkpoint
from hyperadapters.support.errors import UserError
from hyperadapters.training.freezing import ADAPTER_PREFIX

OLD = ("--lang-pairs", "en-de,de-en", "--langs", "de,en")
NEW = ("--lang-pairs", "en-fr,fr-en", "--train-new-languages-only", "--new-language-like", "de")


@pytest.fixture(scope="module", params=["hyper", "language"])
def grown(request, toy, tmp_path_factory):
    """A model of two languages, and the same with a third one, trained with a break on the way."""
    folder = tmp_path_factory.mktemp(request.param)
    first = train(
        toy, folder / "first", *OLD, "--adapter-source", request.param, "--max-update", "20"
    )
    words = ("--init-from", str(first), *NEW, "--max-update")
    train(toy, folder / "grown", *words, "3")
    return first, train(toy, folder / "grown", *words, "6")


def test_old_directions_stay_equal_to_the_last_bit(toy, grown):
    first, more = grown
    for src, tgt in (("en", "de"), ("de", "en")):
        before, after = (scores(generate_output(toy, path, src, tgt)) for path in grown)
        assert before == after and len(set(before.values())) > 1
    before, after = (load(str(path))["model"] for path in grown)
    changed = [name for name in after if name in before and name != "_extra_state"
               and not torch.equal(before[name], after[name])]  # fmt: skip
    assert all(name.startswith(ADAPTER_PREFIX) for name in changed)
    for name in changed:  # tables with a row for each language
        assert "embeddings" in name and torch.equal(after[name][:2], before[name])
    assert after["encoder.embed_tokens.weight"].shape == before["encoder.embed_tokens.weight"].shape


def test_the_new_language_is_trained_and_translated(toy, grown, run, tmp_path):
    first, more = grown
    checkpoint = Checkpoint(more)
    assert list(checkpoint.languages) == ["de", "en", "fr"]
    assert checkpoint.metadata["token_of"] == {"fr": "de"}
    assert checkpoint.trained_directions == ["en-de", "de-en", "en-fr", "fr-en"]
    like, other = (scores(generate_output(toy, more, "en", code)) for code in ("de", "fr"))
    assert like != other
    result = run("evaluate", "--checkpoint", more, "--data", toy / "bin", "--directions", "all",
                 "--cpu", "--out", tmp_path / "out", "--json")  # fmt: skip
    assert {"en-fr", "fr-en", "en-de", "de-fr"} <= set(result["directions"])
    alone = tmp_path / "bin"  # data of the new language, without those of the first direction
    alone.mkdir()
    for file in (toy / "bin").iterdir():
        if "en-fr" in file.name or file.name in ("dict.en.txt", "dict.fr.txt"):
            (alone / file.name).symlink_to(file)
    words = ("--checkpoint", more, "--directions", "all", "--cpu", "--json", "--out")
    again = run("evaluate", "--data", alone, *words, tmp_path / "again")
    assert set(again["directions"]) == {"en-fr", "fr-en"}
    for name, scores_of_direction in again["directions"].items():
        assert scores_of_direction["chrf"] == result["directions"][name]["chrf"]
    manager = checkpoint.task(str(toy / "bin")).data_manager
    manager.dicts["fr"] = manager.dicts.pop(
        "de"
    )  # as where no direction of that language is loaded
    assert manager.dicts["fr"][manager.get_decoder_langtok("fr", "tgt")] == "__de__"
    assert more.stat().st_size < first.stat().st_size / 2  # it names the file with the rest


def test_a_grown_model_grows_again(toy, grown, tmp_path):
    _, more = grown
    words = ("--lang-pairs", "en-fr", "--init-from", str(more), "--max-update", "1", "--lr", "0")
    again = train(toy, tmp_path / "again", *words)
    assert Checkpoint(again).metadata["token_of"] == {"fr": "de"}
    outputs = [scores(generate_output(toy, path, "fr", "en")) for path in (more, again)]
    assert outputs[0] == outputs[1]


def test_what_is_missing_is_said(toy, grown, tmp_path):
    first, _ = grown
    start = ("--init-from", str(first))

    def refused(message, *words):
        with pytest.raises(UserError, match=message):
            train(toy, tmp_path / "no", *start, *map(str, words))

    refused("has no token of fr: name the language", *NEW[:2])
    refused("was not trained with it: did you mean", *NEW[:2], "--new-language-like", "dee")
    refused("give --lang-pairs with a language", *OLD[:2], "--train-new-languages-only")
    refused(
        "--adapter-source pair: .* has adapters of", *NEW[:2], *NEW[3:], "--adapter-source", "pair"
    )
    refused("--langs en,de,fr is not the language table", *NEW[:2], *NEW[3:], "--langs", "en,de,fr")
    lines = (toy / "dict.txt").read_text().splitlines()
    (tmp_path / "other.txt").write_text("\n".join([*lines[1:], lines[0]]) + "\n")
    refused(
        "as many entries .* but others: use that",
        *OLD,
        "--fixed-dictionary",
        tmp_path / "other.txt",
    )
    assert not list((tmp_path / "no").glob("*.pt"))
