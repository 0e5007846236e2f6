"""A direction exported as an ordinary Transformer translates the same without our code."""

import shlex
from importlib.util import find_spec

import pytest
import torch
from toy import command, generate_output, hypotheses, scores

PARALLEL = ("--adapter-kind", "parallel")
LORA = ("--adapter-kind", "lora", "--lora-points", "self_attn.q,cross_attn.v,ffn.hidden,ffn.out")
IA3 = ("--adapter-kind", "ia3")
CASES = {
    "parallel, hyper": (*PARALLEL, "--adapter-source", "hyper"),
    "parallel, language": (*PARALLEL, "--adapter-source", "language"),
    "lora": (*LORA, "--lora-rank", "2", "--adapter-source", "hyper"),
    "ia3": (*IA3, "--adapter-source", "hyper"),
}


@pytest.fixture(scope="module", params=CASES)
def exported(request, toy, trained, tmp_path_factory):
    """A checkpoint, its direction de-fr as a plain Transformer, and the printed command."""
    from hyperadapters.checkpoints.export.plain import export_plain

    original = trained(*CASES[request.param])
    plain = tmp_path_factory.mktemp("plain") / "plain.pt"
    return original, plain, export_plain(str(original), "de-fr", str(plain))


def test_stock_fairseq_generate_translates_the_same(toy, exported):
    original, _, printed = exported
    name, _, *words = shlex.split(printed)
    assert "--user-dir" not in words
    result = command(name, str(toy / "bin"), *words, "--beam", "5", "--cpu", "--max-len-b", "12")
    assert result.returncode == 0, result.stderr[-2000:]
    wanted = generate_output(toy, original, "de", "fr")
    assert len(hypotheses(wanted)) == 21
    assert hypotheses(result.stdout) == hypotheses(wanted)
    found = {number: float(score) for number, score in scores(result.stdout).items()}
    for number, score in scores(wanted).items():
        assert found[number] == pytest.approx(float(score), abs=1e-4)


def test_it_holds_a_transformer_with_other_weights_and_nothing_else(exported):
    original, plain, _ = exported
    before, after = (torch.load(path, weights_only=True)["model"] for path in (original, plain))
    assert {name for name in before if ".adapters." not in name} - {"_extra_state"} == set(after)
    same = {name for name in after if torch.equal(before[name], after[name])}
    assert 0 < len(set(after) - same) < len(same)
    wide = after["encoder.layers.1.fc1.weight"].size(0)
    assert after["decoder.layers.0.fc2.weight"].shape == (16, wide) and wide in (16, 16 + 4)


@pytest.mark.skipif(not find_spec("ctranslate2"), reason="ctranslate2 is not installed")
def test_ctranslate2_converts_it_and_translates_the_same(toy, exported, tmp_path):
    import ctranslate2
    from ctranslate2.converters import FairseqConverter

    original, plain, _ = exported
    folder = FairseqConverter(str(plain), str(toy / "bin")).convert(str(tmp_path / "converted"))
    translator = ctranslate2.Translator(folder, device="cpu")
    lines = (toy / "test.de").read_text().splitlines()
    results = translator.translate_batch(
        [["__fr__", *line.split()] for line in lines], beam_size=1, max_decoding_length=12
    )  # with a beam it drops hypotheses at other times
    found = {n: " ".join(result.hypotheses[0]) for n, result in enumerate(results)}
    assert found == hypotheses(generate_output(toy, original, "de", "fr", "--beam", "1"))


@pytest.mark.parametrize(
    "options,message",
    [
        ((), "of kind bottleneck"),
        ((*PARALLEL, "--adapter-activation", "swish"), "--adapter-activation swish"),
    ],
)
def test_what_does_not_fold_is_refused(toy, tmp_path, trained, run, options, message):
    words = ("--direction", "de-fr", "--out", tmp_path / "plain.pt", "--plain", "--json")
    assert message in run("export", "--checkpoint", trained(*options), *words)
    assert not list(tmp_path.iterdir())
