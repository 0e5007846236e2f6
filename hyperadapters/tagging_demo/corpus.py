"""Text, tags and entities of the tagging demo."""

from pathlib import Path
from typing import List

from tqdm import tqdm

from ..data.conlang import Family, Sentence
from ..support.files import write_lines, write_text
from .plan import LANGUAGES, Plan


def write_corpus(folder: Path, plan: Plan) -> None:
    """Writes text, tags and entities, in which all languages express the same meanings;
    `translation.yaml` for `hyperadapters prepare`, and `corpus.yaml` for `--task hyperx`.

    Args:
        folder: where to.
        plan: sizes and seed.
    """
    family = Family(plan.seed)
    known: List = []
    for split in ("test", "valid", "train"):
        count = getattr(plan, split)
        meanings = list(family.meanings(count, f"{split} {plan.seed}", exclude=known))
        known += meanings
        for code in tqdm(LANGUAGES, desc=split):
            write_sentences(folder, f"{code}.{split}", [family.realise(m, code) for m in meanings])
    listed = ", ".join(LANGUAGES)
    pairs = ", ".join(f"{LANGUAGES[0]}-{code}" for code in LANGUAGES[1:])
    write_text(
        folder / "translation.yaml",
        f"""languages: [{listed}]
pairs: {{train: [{pairs}], valid: [{pairs}], test: [{pairs}]}}
multiparallel:
- {{train: "{{lang}}.train.txt", valid: "{{lang}}.valid.txt", test: "{{lang}}.test.txt"}}
sentencepiece: {{vocabulary: {plan.pieces}}}
""",
    )
    write_text(
        folder / "corpus.yaml",
        f"""sentencepiece: ../prepared/sentencepiece.model
dictionary: ../prepared/dict.txt
languages: [{listed}]
tasks:
  pos: {{files: "{{lang}}.{{split}}.conllu", languages: [{listed}]}}
  ner: {{files: "{{lang}}.{{split}}.iob2", languages: [{listed}]}}
  mlm: {{files: "{{lang}}.{{split}}.txt", languages: [{listed}]}}
""",
    )


def write_sentences(folder: Path, name: str, sentences: List[Sentence]) -> None:
    """Writes sentences as CoNLL-U, as columns of words and entity tags, and as text."""
    write_text(folder / f"{name}.conllu", "".join(one.conllu() for one in sentences))
    blocks = (
        "".join(f"{word}\t{tag}\n" for word, tag in zip(one.words, one.entities))
        for one in sentences
    )
    write_text(folder / f"{name}.iob2", "\n".join(blocks))
    write_lines(folder / f"{name}.txt", (one.text for one in sentences))
