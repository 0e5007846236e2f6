"""The pieces of a pretrained translation model for data that it is to be trained on."""

from collections.abc import Iterable
from pathlib import Path

from ..support.errors import Problems
from .config import Config


def take_pretrained(config: Config, folder: Path, languages: Iterable[str]) -> None:
    """Makes the pieces of the configured pretrained model, if there is one, those of the data.

    Args:
        config: the configuration; changed in place.
        folder: where relative paths start.
        languages: the languages of the data.
    Raises:
        UserError: if the folder is unusable, or naming the languages that the model does not know.
    """
    if not config.pretrained:
        return
    from ..pretrained.huggingface_translation import read_vocabulary  # imports fairseq and torch

    problems, vocabulary = Problems(), read_vocabulary(folder / config.pretrained)
    vocabulary.check_languages(languages, problems)
    problems.raise_if_any()
    config.sentencepiece.model = str(vocabulary.pieces.absolute())
    config.sentencepiece.language_tokens = "multilingual"
