"""What a data folder holds, without loading it for training."""

import shutil

from fairseq.data import Dictionary

from hyperadapters.data.binarised import Binarised
from hyperadapters.support.files import read_lines


def test_pairs_and_their_sentences(toy):
    data = Binarised(str(toy / "bin"))
    assert data.pairs("test") == ["de-fr", "en-de", "en-fr"]
    assert data.pairs("valid") == ["en-de", "en-fr"]
    assert data.pair_of("test", "fr-de") == "de-fr" and data.pair_of("valid", "fr-de") is None
    assert data.pair_of("test", "de-xx") is None
    assert data.sentences(data.prefixes("test", "en-de")[0]) == 21
    words = max(len(line.split()) for line in read_lines(toy / "test.de"))
    assert data.lengths("test", "en-de", "de").max() == words + 1


def test_all_parts_of_the_training_data_are_counted(toy, tmp_path):
    (tmp_path / "second").mkdir()
    for lang in ("en", "de"):
        for ending in ("idx", "bin"):
            file = toy / "bin" / f"train.en-de.{lang}.{ending}"
            for name in ("train", "train1"):
                shutil.copy(file, tmp_path / "second" / f"{name}.en-de.{lang}.{ending}")
    (tmp_path / "second" / "train1.en-de.en.bin").unlink()  # half a pair is none
    folders = f"{toy / 'bin'}:{tmp_path / 'second'}"
    assert Binarised(folders).training_sentences() == {"en-de": 400, "en-fr": 200}


def test_text_is_decoded(toy, tmp_path):
    data = Binarised(str(toy / "bin"))
    dictionary = Dictionary.load(str(toy / "bin" / "dict.de.txt"))
    assert data.text("test", "en-de", "de", dictionary, None) == read_lines(toy / "test.de")
    assert data.text("test", "en-de", "de", dictionary, None, 3) == read_lines(toy / "test.de")[:3]
    dictionary.symbols[dictionary.index("de1")] = "\u2581d"
    dictionary.symbols[dictionary.index("de2")] = "e"
    found = data.text("test", "en-de", "de", dictionary, "sentencepiece")
    assert not any(" " in line.replace(" d", "") for line in found)


def test_other_data_have_another_digest(toy, tmp_path):
    shutil.copytree(toy / "bin", tmp_path / "bin")
    digest = Binarised(str(tmp_path / "bin")).digest("test", "en-de")
    assert digest == Binarised(str(toy / "bin")).digest("test", "en-de")
    with open(tmp_path / "bin" / "test.en-de.de.bin", "r+b") as file:
        file.write(b"\x09")
    assert digest != Binarised(str(tmp_path / "bin")).digest("test", "en-de")
