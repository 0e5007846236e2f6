"""`hyperadapters evaluate-tagging --look-up`: a dictionary of the trained cells' words."""

import shutil

import pytest

from hyperadapters.evaluation.cells import predictions

# word -> label by sentence; "bank" is a verb in two of three languages' sentences
TRAIN = {
    "pos.qaa": [[("the", "DET"), ("bank", "NOUN")], [("Bob", "PROPN"), ("bank", "VERB")]],
    "pos.qba": [[("bank", "VERB"), ("fish", "NOUN"), ("cat", "NOUN"), ("dog", "NOUN")]],
    "ner.qaa": [[("Bob", "B-PER"), ("Hill", "I-PER"), ("is", "O"), ("in", "O"), ("Rome", "B-LOC")]],
}
TEST = [[("bank", "NOUN"), ("Bob", "PROPN"), ("bob", "VERB"), ("new", "NOUN")]]
LOOKED_UP = ["VERB", "PROPN", "NOUN", "NOUN"]  # by hand: case counts; an unknown word is a noun
TEST_ENTITIES = [[("in", "O"), ("Rome", "B-LOC"), ("new", "O"), ("Paris", "B-LOC")]]


def write(folder, cell, split, sentences):
    task, language = cell.split(".")
    name = f"{task}.{language}.{split}.{'conllu' if task == 'pos' else 'tsv'}"
    form = "{n}\t{word}\t_\t{label}" if task == "pos" else "{word}\t{label}"
    blocks = (
        "".join(form.format(n=n, word=word, label=label) + "\n" for n, (word, label) in enumerate(rows, 1))
        for rows in sentences
    )  # fmt: skip
    (folder / name).write_text("\n".join(blocks))


@pytest.fixture
def corpus(tagging, tmp_path):
    """The tagging corpus with sentences made by hand."""
    folder = tmp_path / "corpus"
    shutil.copytree(tagging, folder)
    for cell, sentences in TRAIN.items():
        write(folder, cell, "train", sentences)
    write(folder, "pos.qab", "test", TEST)
    write(folder, "ner.qab", "test", TEST_ENTITIES)
    return folder


@pytest.fixture
def look_up(run, tmp_path):
    """Evaluates a look-up; returns the JSON or the line of error."""

    def call(cells, data, *words, out=tmp_path / "out"):
        return run(
            "evaluate-tagging", "--look-up", cells, "--data", data, "--out", out, "--json", *words
        )

    return call


def tags(out, cell):
    return [[row[2] for row in rows] for rows in predictions.read(predictions.file_of(out, cell))]


def test_it_is_a_dictionary_of_all_languages(corpus, look_up, tmp_path):
    trained = "pos:qaa,pos:qba,ner:qaa,mlm:qaa"
    result = look_up(trained, corpus, "--cells", "pos:qab,ner:qab,pos:qaa")
    out = tmp_path / "out"
    assert tags(out, "pos:qab") == [LOOKED_UP]
    assert tags(out, "ner:qab") == [["O", "B-LOC", "O", "O"]]
    cells = result["cells"]
    assert cells["pos:qab"]["score"] == 50 and not cells["pos:qab"]["trained"]
    assert cells["ner:qab"]["score"] == pytest.approx(200 / 3, abs=1e-3)  # one of two entities
    assert cells["pos:qaa"]["trained"] and cells["pos:qaa"]["training_sentences"] == 2
    assert result["averages"]["zero_shot"]["pos"] == 50
    assert any("mlm:qaa is not looked up" in remark for remark in result["remarks"])
    system = result["system"]
    assert system["name"] == "look-up" and system["seed"] is None
    assert system["look_up"]["pos"] == {"words": 6, "unknown": "NOUN"}
    assert {system[f"{what}_parameters"] for what in ("adapter", "total", "trained")} == {0}
    assert "pos: 6 words, others NOUN" in (out / "evaluation.md").read_text()


def test_a_label_that_training_never_showed_is_an_error(corpus, look_up):
    write(corpus, "ner.qab", "test", [[("Rome", "B-NEW")]])
    cell = look_up("ner:qaa", corpus, "--cells", "ner:qab")["cells"]["ner:qab"]
    assert cell["unknown_labels"] == {"B-NEW": 1} and cell["score"] == 0


def test_sentences_are_drawn_as_in_training(corpus, look_up, tmp_path):
    """Of two sentences that contradict each other a seed draws the one that training draws."""
    from hyperadapters.multitask.cells import Cell
    from hyperadapters.multitask.loading import subsample

    found = {}
    for seed in range(1, 9):
        out = tmp_path / str(seed)
        result = look_up("pos:qaa:1", corpus, "--cells", "pos:qab", "--seed", seed, out=out)
        assert result["system"]["seed"] == seed
        (sentence,) = subsample(Cell("pos", "qaa", 1), TRAIN["pos.qaa"], seed)
        found[seed] = dict(sentence)["bank"]
        assert tags(out, "pos:qab")[0][0] == found[seed]
    assert set(found.values()) == {"NOUN", "VERB"}


def test_other_training_sentences_are_looked_up_anew(corpus, look_up, tmp_path):
    look_up("pos:qaa,pos:qba", corpus, "--cells", "pos:qab")
    look_up("pos:qaa", corpus, "--cells", "pos:qab")
    assert tags(tmp_path / "out", "pos:qab") == [["VERB", "PROPN", "VERB", "VERB"]]  # ties: by name


@pytest.mark.parametrize(
    "trained, cells, message",
    [
        ("mlm:qaa,translation:qaa-qab", "all", "these tasks give words no labels"),
        ("pos:qaa", "mlm:qaa", "no task 'mlm' in the look-up"),
        ("pos:qax", "all", "names no train file of pos:qax"),
        ("pos:qaa:9", "all", "pos:qaa:9: there are 2 training sentences only"),
        ("", "all", "no cells given"),
    ],
)
def test_what_cannot_be_looked_up_is_one_line(corpus, look_up, trained, cells, message):
    assert message in look_up(trained, corpus, "--cells", cells)
