"""A tiny corpus of constructed languages with parts of speech, entities and text, and trainings on it."""

from collections.abc import Sequence
from pathlib import Path

import sentencepiece
import torch
from toy import USER_DIR, run_in_process

from hyperadapters.data.conlang import Family
from hyperadapters.support.files import write_lines, write_text

LANGUAGES = ("qaa", "qab", "qba")
CELLS = "pos:qaa,ner:qba"
SIZES = {"train": 80, "valid": 15, "test": 20}


def write_corpus(folder: Path, languages: Sequence[str] = LANGUAGES, vocabulary: int = 250) -> Path:
    """Writes corpus.yaml with the tasks pos, ner, mlm and translation between the first two.

    Args:
        folder: where to; `pos.LANG.SPLIT.conllu`, `ner.LANG.SPLIT.tsv` and `text.LANG.SPLIT.txt`
            hold the same sentences in all languages.
        languages: languages of the constructed family.
        vocabulary: pieces of sentencepiece.
    Returns:
        the folder.
    """
    family, known = Family(1), []
    for split, size in SIZES.items():
        meanings = list(family.meanings(size, split, exclude=known))
        known += meanings
        for code in languages:
            sentences = [family.realise(meaning, code) for meaning in meanings]
            conllu = "".join(sentence.conllu() for sentence in sentences)
            write_text(folder / f"pos.{code}.{split}.conllu", conllu)
            columns = (zip(one.words, one.entities) for one in sentences)
            blocks = ("".join(f"{word}\t{tag}\n" for word, tag in rows) for rows in columns)
            write_text(folder / f"ner.{code}.{split}.tsv", "\n".join(blocks))
            write_lines(folder / f"text.{code}.{split}.txt", (one.text for one in sentences))
    write_pieces(folder, languages, vocabulary)
    listed, (first, second) = ", ".join(languages), languages[:2]
    write_text(
        folder / "corpus.yaml",
        f"""sentencepiece: sentencepiece.model
dictionary: dict.txt
tasks:
  pos: {{files: "pos.{{lang}}.{{split}}.conllu", languages: [{listed}]}}
  ner: {{files: "ner.{{lang}}.{{split}}.tsv", languages: [{listed}]}}
  mlm: {{files: "text.{{lang}}.{{split}}.txt", languages: [{listed}]}}
  translation:
    {first}-{second}: "text.{{lang}}.{{split}}.txt"
    {second}-{first}: "text.{{lang}}.{{split}}.txt"
""",
    )
    return folder


def write_pieces(folder: Path, languages: Sequence[str], vocabulary: int) -> None:
    """Trains sentencepiece.model on the training text and writes dict.txt."""
    sentencepiece.SentencePieceTrainer.train(
        input=[str(folder / f"text.{code}.train.txt") for code in languages],
        model_prefix=str(folder / "sentencepiece"), vocab_size=vocabulary,
        character_coverage=1.0, hard_vocab_limit=False, minloglevel=2, num_threads=1,
    )  # fmt: skip
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.model"))
    pieces = (model.id_to_piece(number) for number in range(3, model.get_piece_size()))
    write_lines(folder / "dict.txt", (f"{piece} 1" for piece in pieces))


def train_cells(corpus: Path, save: Path, *extra: str, cells: str = CELLS) -> Path:
    """fairseq-train in this process, see `cell_arguments`; returns the last checkpoint."""
    from fairseq_cli import train as command

    words = cell_arguments(corpus, save, *extra, cells=cells)
    run_in_process(command.cli_main, "fairseq-train", words)
    return save / "checkpoint_last.pt"


def cell_arguments(corpus: Path, save: Path, *extra: str, cells: str = CELLS) -> list[str]:
    """The words of a fairseq-train command: a tiny model, a few updates.

    Args:
        corpus: the folder of corpus.yaml.
        save: the folder of the checkpoints.
        extra: further options; they overrule those here.
        cells: the cells to train.
    """
    return [
        str(corpus), "--user-dir", str(USER_DIR), "--task", "hyperx", "--task-languages", cells,
        "--arch", "hyperx_encoder_tiny", "--encoder-embed-dim", "16",
        "--encoder-ffn-embed-dim", "16", "--adapter-bottleneck", "4", "--hyper-hidden", "6",
        "--hyper-lang-dim", "4", "--hyper-layer-dim", "3",
        "--criterion", "multitask_cross_entropy", "--optimizer", "fused_adam", "--lr", "0.01",
        "--max-tokens", "400", "--max-update", "8",
        "--num-workers", "0", "--cpu", "--save-dir", str(save), "--no-epoch-checkpoints",
        "--log-format", "json", "--log-interval", "1",
        "--best-checkpoint-metric", "score", "--maximize-best-checkpoint-metric", *extra,
    ]  # fmt: skip


def load_cells(path: Path, corpus: Path):
    """The model of a checkpoint of --task hyperx, and what that says of itself."""
    from hyperadapters.checkpoints.checkpoint import Checkpoint
    from hyperadapters.multitask.corpus import read_corpus
    from hyperadapters.multitask.pieces import tokenizer_beside

    checkpoint = Checkpoint(str(path))
    files = read_corpus(str(corpus)).with_tokenizer(tokenizer_beside(str(path)))
    return checkpoint.model(checkpoint.task(files)), checkpoint


def encode(model, tokens):
    """Features [B, T, C] of tokens [B, T] in the first language and task."""
    ids = torch.zeros(len(tokens), dtype=torch.long)
    with torch.no_grad():
        out = model.encoder(tokens, None, src_lang_id=ids, tgt_lang_id=ids, task_id=ids)
    return out["encoder_out"][0].transpose(0, 1)
