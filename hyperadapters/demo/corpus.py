"""Text, pieces and binarised data of the demo."""

from pathlib import Path
from typing import Dict, List

from tqdm import tqdm

from ..data.conlang import Family, training_sizes
from ..relatedness.measures import known_distances
from ..relatedness.reference import write_table
from ..support.files import read_lines, write_lines
from .plan import HUB, Plan, preprocess_command


def write_text_files(out: Path, plan: Plan, family: Family) -> None:
    """Writes `text/SPLIT.CODE`: N-way parallel; a language has the first sentences of train only.

    The distances in the family tree go to `family.tsv`, for `hyperadapters languages`.
    """
    distances = known_distances(family.languages, family.distance)
    write_table(out / "family.tsv", "true family tree (constructed)", family.languages, distances)
    test = list(family.meanings(plan.test, f"test {plan.seed}"))
    valid = list(family.meanings(plan.valid, f"valid {plan.seed}", exclude=test))
    train = list(family.meanings(plan.largest, f"train {plan.seed}", exclude=test + valid))
    sizes = training_sizes(family.languages, plan.largest, plan.smallest)
    for code in tqdm(family.languages, desc="languages"):
        for split, meanings in (("train", train[: sizes[code]]), ("valid", valid), ("test", test)):
            write_lines(
                out / "text" / f"{split}.{code}",
                (family.realise(meaning, code).text for meaning in meanings),
            )


def train_model(out: Path, files: List[Path], pieces: int):
    """Trains `sentencepiece.model` on text files and writes its dictionary, `dict.txt`.

    Args:
        out: folder of both.
        files: the text.
        pieces: size of the vocabulary at most.
    Returns:
        the model.
    """
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(
        input=list(map(str, files)),
        model_prefix=str(out / "sentencepiece"),
        vocab_size=pieces,
        character_coverage=1.0,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    model = sentencepiece.SentencePieceProcessor(model_file=str(out / "sentencepiece.model"))
    specials = 3  # unknown, start and end, which fairseq's dictionary has itself
    symbols = [model.id_to_piece(i) for i in range(specials, model.get_piece_size())]
    write_lines(out / "dict.txt", (f"{symbol} 1" for symbol in symbols))
    return model


def train_pieces(out: Path, plan: Plan, languages: List[str]) -> None:
    """Trains sentencepiece on all languages, writes its dictionary and the text in pieces."""
    model = train_model(out, [out / "text" / f"train.{code}" for code in languages], plan.pieces)
    encoded: Dict[str, List[str]] = {}
    for code in tqdm(languages, desc="languages"):
        for split in ("train", "valid", "test"):
            lines = model.encode(read_lines(out / "text" / f"{split}.{code}"), out_type=str)
            encoded[code] = [" ".join(line) for line in lines]
            if split != "train":
                write_lines(out / "pieces" / f"{split}.{code}", encoded[code])
            else:
                train = encoded[code]
        encoded[code] = train
    for code in languages:
        if code != HUB:
            # zip keeps the lines that both have
            pairs = list(zip(encoded[HUB], encoded[code]))
            for side, lang in enumerate((HUB, code)):
                write_lines(
                    out / "pieces" / f"train.{HUB}-{code}.{lang}", (pair[side] for pair in pairs)
                )


def binarise(out: Path, languages: List[str]) -> List[List[str]]:
    """Runs fairseq-preprocess for every pair, in this process; returns its commands."""
    from fairseq import options
    from fairseq_cli import preprocess

    pairs = [(src, tgt) for number, src in enumerate(languages) for tgt in languages[number + 1 :]]
    commands = [preprocess_command(out, src, tgt, train=src == HUB) for src, tgt in pairs]
    for command in tqdm(commands, desc="pairs"):
        preprocess.main(options.get_preprocessing_parser().parse_args(command[1:]))
    return commands
