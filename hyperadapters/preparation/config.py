"""The YAML file that describes a corpus and what is done to it."""

from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from ..support.errors import Problems, UserError, did_you_mean


@dataclass
class MultiParallel:
    """Files of which line i means the same in every language; an empty line is a gap."""

    train: Any = None  # pattern with {lang} or {base}, or a list of them
    valid: Any = None
    test: Any = None
    languages: list[Any] = field(default_factory=list)  # default: all of the configuration
    ragged: bool = False  # a file may end early: what is missing at its end are gaps


@dataclass
class Bitext:
    """Files of one language pair."""

    pair: str = ""
    train: Any = None  # see patterns.py, or a list of such; valid and test also {from_train: N}
    valid: Any = None
    test: Any = None


@dataclass
class Pairs:
    """Pairs taken from multi-parallel files: english-centric, all, or a list such as [de-fr]."""

    train: Any = "english-centric"
    valid: Any = None  # default: as train
    test: Any = None  # default: as train


@dataclass
class Filters:
    """What is dropped from the training data; null switches a filter off."""

    empty_lines: str = "drop"  # of bitext: drop or error
    min_chars: int = 1
    max_chars: int | None = 1000
    length_ratio: float | None = 3.0  # after division by the pair's usual ratio
    length_slack: int = 10  # characters by which the ratio may be exceeded
    script_share: float | None = 0.3  # letters that must be in the language's scripts
    scripts: dict[Any, Any] = field(default_factory=dict)  # language: scripts
    copies: bool = True  # drop pairs whose target is their source
    duplicates: bool = True  # drop all but the first of equal pairs
    max_pieces: int | None = 250
    held_out: list[str] = field(default_factory=list)  # further files no training line may be in


@dataclass
class SentencePiece:
    """The sentencepiece model: trained on a sample of all languages, or given."""

    vocabulary: int = 32000
    temperature: float = 5.0  # a language of n sentences is drawn with weight n^(1/temperature)
    sentences: int = 1_000_000  # at most, in the sample
    characters: int = 40_000_000  # at most, in the sample: unigram training needs 27 bytes for each
    model_type: str = "unigram"
    character_coverage: float = 0.99995
    byte_fallback: bool = True
    normalization: str = "nmt_nfkc"
    language_tokens: str = "multilingual"  # fairseq's --lang-tok-style, or none
    model: str | None = None  # an existing model instead
    dictionary: str | None = None  # its fairseq dictionary, if it has one of its own


@dataclass
class Config:
    """A whole configuration.

    Language codes have any type, so that `check_code` sees what YAML made of them.
    """

    folder: str = "."  # where paths start, from the folder of the YAML file
    languages: list[Any] = field(default_factory=list)  # in the order of their ids
    english: Any = None
    pairs: Any = None  # a `Pairs`, or one choice for all splits
    multiparallel: list[MultiParallel] = field(default_factory=list)
    bitext: list[Bitext] = field(default_factory=list)
    filters: Filters = field(default_factory=Filters)
    sentencepiece: SentencePiece = field(default_factory=SentencePiece)
    # folder of a Hugging Face translation model, whose pieces are used
    pretrained: str | None = None
    shard_sentences: int = 10_000_000  # training sentences of a pair in one shard, at most
    seed: int = 1


def load_config(path: Path) -> Config:
    """Reads and checks a configuration.

    Args:
        path: the YAML file.
    Raises:
        UserError: if it is no YAML, or naming an unknown key and the nearest known one, or a value
            of the wrong type or out of range.
    """
    import yaml
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    if not path.is_file():
        raise UserError(f"there is no configuration {path}")
    try:
        settings = OmegaConf.to_container(OmegaConf.load(path), resolve=True)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    except OmegaConfBaseException as error:
        raise UserError(f"{path}: {explain_error(error, '')}") from error
    if not isinstance(settings, dict):
        raise UserError(f"{path} holds no settings: see hyperadapters prepare --help")
    try:
        config = build_config(settings)
        check(config)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    return config


def build_config(settings: dict[Any, Any]) -> Config:
    """A configuration from what a YAML file holds.

    Raises:
        UserError: for an unknown key or a value of the wrong type.
    """
    settings = dict(settings)
    # item by item, as omegaconf's errors do not say where in a list they are
    lists = {
        name: [
            build(kind, item, f"{name}[{place}]")
            for place, item in enumerate(items(settings, name))
        ]
        for name, kind in (("multiparallel", MultiParallel), ("bitext", Bitext))
    }
    pairs = settings.pop("pairs", None)
    config = build(Config, settings, "")
    config.multiparallel, config.bitext = lists["multiparallel"], lists["bitext"]
    config.pairs = build(Pairs, pairs if isinstance(pairs, dict) else {}, "pairs")
    if pairs is not None and not isinstance(pairs, dict):
        config.pairs.train = pairs
    return config


def items(settings: dict[Any, Any], name: str) -> list[Any]:
    """Takes a list out of what a YAML file holds."""
    value = settings.pop(name, None) or []
    if not isinstance(value, list):
        raise UserError(f"{name} is no list: begin each corpus with '- '")
    return value


def build(kind: Any, settings: Any, where: str) -> Any:
    """An object of a dataclass from plain data.

    Raises:
        UserError: for an unknown key or a value of the wrong type.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    if not isinstance(settings, dict):
        raise UserError(f"{where} is '{settings}': write its settings as KEY: VALUE")
    try:
        return OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(kind), settings))
    except OmegaConfBaseException as error:
        raise UserError(explain_error(error, f"{where}." if where else "")) from error


def explain_error(error: Any, where: str) -> str:
    """An error of omegaconf as one line."""
    key = f"{where}{error.full_key or error.key or ''}"
    if type(error).__name__ == "ConfigKeyError" and is_dataclass(error.object_type):
        names = [field.name for field in fields(error.object_type)]
        return f"unknown key '{key}': {did_you_mean(str(error.key), names)}"
    return f"{key}: {str(error).splitlines()[0]}"


CHOICES = {
    "filters.empty_lines": ("drop", "error"),
    "sentencepiece.model_type": ("unigram", "bpe"),
    "sentencepiece.language_tokens": ("multilingual", "mbart", "none"),
}
LEAST = {
    "filters.min_chars": 1, "filters.max_chars": 1, "filters.length_ratio": 1,
    "filters.length_slack": 0, "filters.script_share": 0, "filters.max_pieces": 1,
    "sentencepiece.vocabulary": 1, "sentencepiece.temperature": 1, "sentencepiece.sentences": 1,
    "sentencepiece.characters": 1, "sentencepiece.character_coverage": 0.9, "shard_sentences": 1,
}  # fmt: skip
MOST = {"filters.script_share": 1, "sentencepiece.character_coverage": 1}


def check(config: Config) -> None:
    """Raises:
    UserError: with every value that is out of range.
    """
    problems = Problems()

    def value(name: str) -> Any:
        setting = config
        for part in name.split("."):
            setting = getattr(setting, part)
        return setting

    for name, allowed in CHOICES.items():
        if value(name) not in allowed:
            problems.add(f"{name} is '{value(name)}': {did_you_mean(value(name), allowed)}")
    for name, least in LEAST.items():
        if value(name) is not None and value(name) < least:
            problems.add(f"{name} is {value(name)}: give {least} or more")
    for name, most in MOST.items():
        if value(name) is not None and value(name) > most:
            problems.add(f"{name} is {value(name)}: give {most} or less")
    if not config.multiparallel and not config.bitext:
        problems.add("there are no corpora: list them under 'multiparallel' or 'bitext'")
    if config.sentencepiece.dictionary and not config.sentencepiece.model:
        problems.add("sentencepiece.dictionary belongs to sentencepiece.model, which is missing")
    if config.pretrained and config.sentencepiece.model:
        problems.add("pretrained brings its sentencepiece model: leave out sentencepiece.model")
    problems.raise_if_any()
