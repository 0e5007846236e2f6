"""Text of the translation demo, and its sentencepiece model."""

from pathlib import Path

from tqdm import tqdm

from ..data.conlang import Family, training_sizes
from ..support.files import write_lines, write_text


def write_text_files(
    out: Path, family: Family, train: tuple[int, int], valid: int, test: int
) -> None:
    """Writes `text/SPLIT.CODE`: N-way parallel; a language has the first sentences of train only.

    Args:
        out: where to.
        family: the languages.
        train: training sentences of the largest and of the smallest language.
        valid, test: sentences of each language.
    """
    seed = family.seed
    tested = list(family.meanings(test, f"test {seed}"))
    validated = list(family.meanings(valid, f"valid {seed}", exclude=tested))
    trained = list(family.meanings(train[0], f"train {seed}", exclude=tested + validated))
    sizes = training_sizes(family.languages, *train)
    for code in tqdm(family.languages, desc="languages"):
        splits = {"train": trained[: sizes[code]], "valid": validated, "test": tested}
        for split, meanings in splits.items():
            sentences = (family.realise(meaning, code).text for meaning in meanings)
            write_lines(out / "text" / f"{split}.{code}", sentences)


def train_pieces(out: Path, languages: tuple[str, ...], pieces: int) -> None:
    """Trains `sentencepiece.model` on the training text of all languages.

    On each sentence once: the sample of `hyperadapters prepare` has those of the hub once a pair.

    Args:
        out: folder of the text and of the model.
        languages: codes.
        pieces: size of the vocabulary at most.
    """
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(
        input=[str(out / "text" / f"train.{code}") for code in languages],
        model_prefix=str(out / "sentencepiece"),
        vocab_size=pieces,
        character_coverage=1.0,
        hard_vocab_limit=False,
        minloglevel=2,
    )


def write_configuration(path: Path, languages: tuple[str, ...]) -> None:
    """Writes what describes the text to `hyperadapters prepare`: all pairs are tested, those of the
    first language are trained.

    Related languages may share a sentence, so copies of the source are no fault.
    """
    hub, *others = languages
    pairs = ", ".join(f"{hub}-{code}" for code in others)
    write_text(
        path,
        f"""languages: [{", ".join(languages)}]
pairs: {{train: [{pairs}], test: all}}
multiparallel:
- {{train: "text/train.{{lang}}", valid: "text/valid.{{lang}}", test: "text/test.{{lang}}", ragged: true}}
sentencepiece: {{model: sentencepiece.model}}
filters: {{copies: false}}
""",
    )
