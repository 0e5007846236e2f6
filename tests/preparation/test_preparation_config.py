"""The YAML file: short forms, and errors that name the key and the fix."""

import pytest

from hyperadapters.preparation.config import load_config
from hyperadapters.preparation.expand_config import expand_config
from hyperadapters.support.errors import UserError


def load(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    return expand_config(load_config(path), tmp_path)


BITEXT = "bitext: [{pair: de-en, train: 'train.{lang}'}]\n"
MULTI = "languages: [en, de, fr]\nmultiparallel: [{train: 'train.{lang}', test: 'test.{lang}'}]\n"


@pytest.mark.parametrize(
    "text,named",
    [
        (BITEXT + "filter: {}", "unknown key 'filter': did you mean 'filters'"),
        (BITEXT + "filters: {max_char: 1}", "'filters.max_char': did you mean 'max_chars'"),
        ("bitext: [{pair: de-en, trian: a}]", r"'bitext\[0\].trian': did you mean 'train'"),
        (MULTI + "pairs: {tset: all}", "unknown key 'pairs.tset': did you mean 'test'"),
        (BITEXT + "filters: {max_chars: many}", "filters.max_chars: .*'many'"),
        (BITEXT + "sentencepiece: {temperature: 0.1}", "temperature is 0.1: give 1 or more"),
        (BITEXT + "sentencepiece: {model_type: bep}", "'bep': did you mean 'bpe'"),
        (BITEXT + "sentencepiece: {dictionary: d}", "belongs to sentencepiece.model"),
        (BITEXT + "languages: [de, enn]", "unknown language 'en': did you mean 'enn'"),
        (BITEXT + "languages: [de, en, no]", "write codes as 'no'"),
        (BITEXT + "languages: [de, en, 1]", "code 1 is no text to YAML: write it in quotes"),
        (BITEXT + "languages: [de, en, zh.Hans]", r"'.' is not allowed in a code .write zh_Hans"),
        (MULTI.replace("[{", "[{languages: [en, no], "), "write codes as 'no'"),
        (BITEXT + "english: no", "write codes as 'no'"),
        (BITEXT + "filters: {scripts: {no: Latin}}", "filters.scripts: YAML reads no"),
        ("bitext: [{pair: pt-BR-en, train: 'train.{lang}'}]", "codes without '-', e.g. .* en-pt_BR"),
        (BITEXT + "filters: {scripts: {fr: Latin}}", "filters.scripts: unknown language 'fr'"),
        ("seed: 1", "there are no corpora"),
        ("- a", "holds no settings"),
        ("a: [", "is no YAML"),
        ("a: ${nowhere}", "nowhere"),
        ("bitext: [{pair: de_en, train: 'train.{lang}'}]", "malformed language pair 'de_en'"),
        ("bitext: [{pair: de-en, train: train.txt}]", "'train.txt' needs {lang}"),
        ("bitext: [{pair: de-en, train: {source: a}}]", "neither a pattern"),
        ("bitext: [{pair: de-en, valid: 'v.{lang}'}]", "no pair has training files"),
        ("bitext: [{pair: de-en, train: 't.{lang}', valid: {from_train: no}}]", "give a number"),
        ("bitext: [{pair: de-en, test: {from_train: 5}}]", "no training files to draw from"),
        ("bitext: [{pair: de-en, train: {files: 't.{lang}', lines: 3}}]", "'3': write odd or even"),
        ("bitext: [{pair: de-en, train: {file: 't.{lang}'}}]", "neither a pattern"),
        ("bitext: [{pair: de-en, train: {files: 't.{lang}', line: odd}}]", "did you mean 'lines'"),
        ("bitext: [{pair: de-en, train: {files: 't.{lang}', name: a}}]", "'name' go together"),
        (MULTI, "english-centric pairs need 'english: CODE'"),
        (MULTI + "pairs: [en-it]", "unknown language 'it'"),
        (MULTI + "pairs: [en-en]", "one language twice"),
        (MULTI + "pairs: al", "'al': did you mean 'all'"),
        (MULTI.replace("{lang}", "txt") + "pairs: all", "needs {lang}"),
        (MULTI.replace("[{", "[{languages: [en, de], ") + "pairs: [en-fr]", "no corpus has"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(tmp_path, text, named):
    with pytest.raises(UserError, match=named) as error:
        load(tmp_path, text)
    assert "\n" not in str(error.value)


def test_pairs_of_multi_parallel_files(tmp_path):
    def pairs(choice, split):
        corpora = load(tmp_path, MULTI + f"english: en\npairs: {choice}")
        return [part.pair for part in corpora.of(split)]

    assert pairs("all", "train") == ["en-de", "en-fr", "de-fr"]
    assert pairs("english-centric", "test") == ["en-de", "en-fr"]
    assert pairs("{train: [fr-en], test: all}", "train") == ["fr-en"]
    assert pairs("{train: [fr-en], test: all}", "test") == ["en-de", "en-fr", "de-fr"]


def test_files_of_a_pair_come_together_in_one_order(tmp_path):
    corpora = load(
        tmp_path,
        "languages: [de_DE, en_XX]\nenglish: en_XX\n"
        "bitext:\n"
        "- pair: de_DE-en_XX\n  train: ['a.{base}', 'a.{x|y}.gz', {source: b.1, target: b.2}]\n"
        "  test: 't.{pair}.{lang}'\n"
        "- pair: en_XX-de_DE\n  train: {files: 'c.{name}.{src}.{lang}', name: [1, k]}\n"
        "  test: 't.{pair}.{lang}'\n"
        "multiparallel: [{train: 'm.{lang}', test: 'n.{lang}'}]\n",
    )
    names = {
        part.name: [tuple(file.name for file in source.files) for source in part.sources]
        for part in corpora.parts.values()
    }
    assert names == {
        "train.de_DE-en_XX": [
            ("a.de", "a.en"), ("a.x.gz", "a.y.gz"), ("b.1", "b.2"), ("c.1.en_XX.de_DE", "c.1.en_XX.en_XX"),
            ("c.k.en_XX.de_DE", "c.k.en_XX.en_XX"),
            ("m.de_DE", "m.en_XX"),
        ],
        # one test set for each direction, to which the multi-parallel one of its order is added
        "test.de_DE-en_XX": [("t.de_DE-en_XX.de_DE", "t.de_DE-en_XX.en_XX")],
        "test.en_XX-de_DE": [
            ("t.en_XX-de_DE.en_XX", "t.en_XX-de_DE.de_DE"), ("n.en_XX", "n.de_DE"),
        ],
    }  # fmt: skip
    gaps = [source.gaps for source in corpora.parts["train.de_DE-en_XX"].sources]
    assert gaps == [False] * 5 + [True]
