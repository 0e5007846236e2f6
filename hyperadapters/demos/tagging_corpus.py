"""Text, tags, trees and entities of the tagging demo."""

from pathlib import Path

from tqdm import tqdm

from ..data.conlang import Family, Sentence
from ..support.files import write_lines, write_text


def write_corpus(folder: Path, family: Family, sizes: dict[str, int], pieces: int) -> None:
    """Writes text, tags, trees and entities, in which all languages express the same meanings.

    With them `translation.yaml` for `hyperadapters prepare`, and `corpus.yaml` for `--task hyperx`.

    Args:
        folder: where to.
        family: the languages.
        sizes: sentences of each split.
        pieces: size of the sentencepiece vocabulary.
    """
    earlier: list = []
    for split, size in sizes.items():
        meanings = list(family.meanings(size, f"{split} {family.seed}", exclude=earlier))
        earlier += meanings
        for code in tqdm(family.languages, desc=split):
            write_sentences(folder, f"{code}.{split}", [family.realise(m, code) for m in meanings])
    languages = ", ".join(family.languages)
    pairs = ", ".join(f"{family.languages[0]}-{code}" for code in family.languages[1:])
    write_text(
        folder / "translation.yaml",
        f"""languages: [{languages}]
pairs: {{train: [{pairs}], valid: [{pairs}], test: [{pairs}]}}
multiparallel:
- {{train: "{{lang}}.train.txt", valid: "{{lang}}.valid.txt", test: "{{lang}}.test.txt"}}
sentencepiece: {{vocabulary: {pieces}}}
""",
    )
    write_text(
        folder / "corpus.yaml",
        f"""sentencepiece: ../prepared/sentencepiece.model
dictionary: ../prepared/dict.txt
languages: [{languages}]
tasks:
  pos: {{files: "{{lang}}.{{split}}.conllu", languages: [{languages}]}}
  parse: {{files: "{{lang}}.{{split}}.conllu", languages: [{languages}]}}
  ner: {{files: "{{lang}}.{{split}}.iob2", languages: [{languages}]}}
  mlm: {{files: "{{lang}}.{{split}}.txt", languages: [{languages}]}}
""",
    )


def write_sentences(folder: Path, name: str, sentences: list[Sentence]) -> None:
    """Writes sentences as CoNLL-U, as columns of words and entity tags, and as text."""
    write_text(folder / f"{name}.conllu", "".join(sentence.conllu() for sentence in sentences))
    blocks = (
        "".join(f"{word}\t{tag}\n" for word, tag in zip(sentence.words, sentence.entities))
        for sentence in sentences
    )
    write_text(folder / f"{name}.iob2", "\n".join(blocks))
    write_lines(folder / f"{name}.txt", (sentence.text for sentence in sentences))
