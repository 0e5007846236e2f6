"""What tests of pretrained models share."""

import pytest


@pytest.fixture(scope="session")
def bare(tagging, tmp_path_factory):
    """The corpus of cells without a sentencepiece model and a dictionary."""
    folder = tmp_path_factory.mktemp("bare")
    text = (tagging / "corpus.yaml").read_text().split("\n", 2)[2]
    text = text.replace('"pos.', f'"{tagging}/pos.').replace('"ner.', f'"{tagging}/ner.')
    (folder / "corpus.yaml").write_text(text.replace('"text.', f'"{tagging}/text.'))
    return folder
