"""The file corpus.yaml, and the list of cells."""

import pytest

from hyperadapters.multitask.cells import Cell, parse_cells
from hyperadapters.multitask.corpus import read_corpus
from hyperadapters.support.errors import UserError


@pytest.fixture
def folder(tmp_path):
    for name in (
        "spm", "dict.txt", "en.train.conllu", "en.dev.conllu", "x.de.train", "x.de.test",
        "news.train", "news[1:2]", "de-en.train.de", "de-en.train.en",
    ):  # fmt: skip
        (tmp_path / name).write_text("x\n")
    return tmp_path


def read(folder, tasks, head="sentencepiece: spm\ndictionary: dict.txt\n"):
    (folder / "corpus.yaml").write_text(f"{head}tasks:\n{tasks}")
    return read_corpus(str(folder))


def test_files_by_pattern_name_and_split(folder):
    corpus = read(
        folder,
        """
  pos: {en: "en.{split}.conllu[:100]"}
  ner: {files: "x.{lang}.{split}", languages: [de]}
  mlm: {files: "{name}.{split}", languages: {fr: news}}
  translation: {de-en: "{split}.none", en-de: {train: "de-en.train.{lang}"}}
""".replace("{split}.none", "de-en.{split}.{lang}"),
    )
    assert corpus.languages.codes == ("de", "en", "fr")
    assert corpus.cells("train") == ["pos:en", "ner:de", "mlm:fr", "translation:de-en",
                                     "translation:en-de"]  # fmt: skip
    assert corpus.cells("valid") == ["pos:en"] and corpus.cells("test") == ["ner:de"]
    valid = corpus.file_slice(Cell("pos", "en"), "valid")
    assert valid.paths[0].name == "en.dev.conllu" and (valid.start, valid.stop) == (0, 100)
    pair = corpus.file_slice(Cell("translation", "en-de"), "train").paths
    assert [path.name for path in pair] == ["de-en.train.en", "de-en.train.de"]
    with pytest.raises(UserError, match="no test file of pos:en: it has those of ner:de"):
        corpus.file_slice(Cell("pos", "en"), "test")


@pytest.mark.parametrize(
    "tasks, message",
    [
        ("  pos: {xx: 'xx.{split}'}\n", "pos:xx: there is no file .*xx.test, nor of another split"),
        ("  pos: {en: {train: none.conllu}}\n", "there is no file .*none.conllu"),
        ("  pos: {en: {train: 'news.train[300]'}}\n", r"write a slice as \[A:B\]"),
        ("  nre: {en: {train: en.train.conllu}}\n", "unknown task 'nre': did you mean 'ner'"),
        ("  pos: {en: {trian: en.train.conllu}}\n", "unknown split 'trian': did you mean 'train'"),
        ("  pos: {files: 'x'}\n", "pos: map languages to files"),
        ("  pos: [en]\n", "pos: map languages to files"),
        ("  translation: {de-en: news.train}\n", "needs {lang} to tell source from target"),
        ("  pos: {en: {train: news.train\n", "is no YAML file"),
        ("  pos: {en: {}}\n", "pos:en: name its files of train, valid, test"),
        ("  pos: {}\n", "pos: map languages to files"),
        ("  pos: {files: news.train, languages: en}\n", "pos: map languages to files"),
        ("  pos: {pt-BR: news.train}\n", r"pos: .*'-' is not allowed in a code .write pt_BR"),
        ("  pos: {de-en: '{lang}.train'}\n", r"pos: .*'-' is not allowed in a code"),
        ("  translation: {de: news.train}\n", "malformed language pair 'de'"),
        ("  translation: {de-zh.Hans: news.train}\n", "write zh_Hans"),
        ("  pos: {no: news.train}\n", "pos: YAML reads no, .*: write codes as 'no'"),
        ("  pos: {files: news.train, languages: [no]}\n", "write codes as 'no'"),
        ("  pos: {files: news.train, languages: {1: a}}\n", "write it in quotes, '1'"),
        ("  pos: {files: news.train, languages: [[a]]}\n", "is no text to YAML"),
        ("  pos: {en: news.train}\nlanguages: [1, en]\n", "languages: language code 1 is no text"),
        ("  pos: {en: news.train}\nlanguages: en\n", "'languages' is 'en': write a list"),
    ],
)
def test_what_is_wrong_is_named(folder, tasks, message):
    with pytest.raises(UserError, match=message):
        read(folder, tasks)


def test_everything_wrong_is_in_one_error(folder):
    with pytest.raises(UserError) as error:
        read(folder, "  pos: {en: {train: a, test: b}}\n", "sentencepiece: none\nlangs: [en]\n")
    for part in (
        "none",
        "'dictionary' is missing",
        "unknown key 'langs'",
        "file .*/a",
        "file .*/b",
    ):
        assert error.match(part)
    with pytest.raises(UserError, match="give the folder that holds corpus.yaml"):
        read_corpus(str(folder / "nowhere"))
    with pytest.raises(UserError, match="'en' of 'tasks' is not among 'languages'"):
        read(
            folder, "  pos: {en: 'en.{split}.conllu'}\n",
            "sentencepiece: spm\ndictionary: dict.txt\nlanguages: [de]\n",
        )  # fmt: skip


def test_a_file_whose_name_ends_like_a_slice(folder):
    for pattern, start in (("news[1:2]", 0), ("news[1:2][1:]", 1)):
        part = read(folder, f"  mlm: {{de: {{train: '{pattern}'}}}}\n").file_slice(
            Cell("mlm", "de"), "train"
        )
        assert (part.paths[0].name, part.start, part.stop) == ("news[1:2]", start, None)


def test_cells():
    assert parse_cells("pos:en, ner:de:100,translation:de-en") == [
        Cell("pos", "en"), Cell("ner", "de", 100), Cell("translation", "de-en"),
    ]  # fmt: skip
    assert Cell("pos", "en").direction == ("en", "en")
    assert Cell("translation", "de-en").direction == ("de", "en")
    for text, message in (
        ("pos", "'pos': write task:language"),
        ("pos:en:0", "'pos:en:0': write"),
        ("pos:en,pos:en:5", "'pos:en' is listed twice"),
        (" ", "no cells given"),
        ("pos:en,ner:pt-BR", r"ner:pt-BR: .*'-' is not allowed in a code \(write pt_BR\)"),
        ("translation:en", "malformed language pair 'en'"),
        ("translation:en-zh.Hans", "write zh_Hans"),
        ("nre:en", "unknown task 'nre': did you mean 'ner'"),
    ):
        with pytest.raises(UserError, match=message):
            parse_cells(text)
