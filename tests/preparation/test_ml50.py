"""The configuration of ML50 names its 49 pairs, and the commands that fetch what mtdata knows."""

import importlib.util
import shlex
from pathlib import Path

from hyperadapters.preparation.config import load_config
from hyperadapters.preparation.expand_config import expand_config
from hyperadapters.support.language_facts import facts_of

FOLDER = Path(__file__).parents[2] / "examples" / "translation" / "ml50"


def test_ml50_has_49_pairs_with_english():
    corpora = expand_config(load_config(FOLDER / "ml50.yaml"), Path())
    assert len(corpora.languages) == 50
    pairs = {part.pair for part in corpora.of("train")}
    assert pairs == {f"{code}-en_XX" for code in corpora.languages if code != "en_XX"}
    for split in ("valid", "test"):
        languages = {code for part in corpora.of(split) for code in (part.src, part.tgt)}
        assert languages == set(corpora.languages)
    assert {"test.de_DE-en_XX", "test.en_XX-de_DE"} < set(corpora.parts)
    assert all(map(facts_of, corpora.languages))


def test_every_file_is_described_or_fetched_by_a_command():
    spec = importlib.util.spec_from_file_location("mtdata_commands", FOLDER / "mtdata_commands.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = (FOLDER / "README.md").read_text()
    fetched = {
        word for line in script.commands([]).values() for word in shlex.split(line) if "-1-" in word
    }
    assert "Neulab-tedtalks_train-1-eng-ben" in fetched
    for path in expand_config(load_config(FOLDER / "ml50.yaml"), Path()).files():
        if path.parts[0] == "by_hand":
            named = path.name.removesuffix(".gz").rsplit(".", 1)[0]
            code = named.removesuffix("-en_XX").rsplit(".", 1)[-1]
            assert f"`{named}" in page or f"{code}" in page and "_" in code, path
        else:
            assert script.FILE.match(path.as_posix()), path
    only = script.commands(["hi_IN"])
    assert list(only) == ["hi_IN"] and only["hi_IN"].startswith(
        "mtdata get -l eng-hin -tr IITB-hien_train"
    )
