"""Text, tags and entities of the tagging demo."""

from pathlib import Path
from typing import List

from tqdm import tqdm

from ..data.conlang import Family, Sentence
from ..demo.corpus import train_model
from ..files import write_lines, write_text
from .plan import HUB, LANGUAGES, Plan


def write_corpus(folder: Path, plan: Plan) -> None:
    """Writes corpus.yaml and its files: all languages express the same meanings.

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
    train_model(folder, [folder / f"{code}.train.txt" for code in LANGUAGES], plan.pieces)
    listed = ", ".join(LANGUAGES)
    pairs = [pair for code in LANGUAGES[1:] for pair in (f"{HUB}-{code}", f"{code}-{HUB}")]
    write_text(
        folder / "corpus.yaml",
        f"""sentencepiece: sentencepiece.model
dictionary: dict.txt
languages: [{listed}]
tasks:
  pos: {{files: "{{lang}}.{{split}}.conllu", languages: [{listed}]}}
  ner: {{files: "{{lang}}.{{split}}.iob2", languages: [{listed}]}}
  mlm: {{files: "{{lang}}.{{split}}.txt", languages: [{listed}]}}
  translation: {{files: "{{lang}}.{{split}}.txt", languages: [{", ".join(pairs)}]}}
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
