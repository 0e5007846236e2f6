"""The settings of a task of translation: completed, and checked before any long work."""

import os
from importlib.util import find_spec
from pathlib import Path

from fairseq import utils

from ..checkpoints import task_metadata
from ..checkpoints.checkpoint import Checkpoint
from ..checkpoints.defects import check_file
from ..pretrained import Pretrained
from ..support.errors import Problems, UserError, format_list
from ..support.languages import Languages, codes_of, split_direction
from ..support.text import read_lines


def prepare_training(args, start: Pretrained | None = None) -> None:
    """Completes the settings of a task that trains.

    Args:
        args: the settings; changed in place.
        start: the pretrained model that it starts from, whose input format it takes over.
    Raises:
        UserError: if no directions are given, settings contradict the pretrained model's, or for --bf16,
            which fairseq-train takes for a TPU's.
    """
    if getattr(args, "tpu", False) and not find_spec("torch_xla"):
        raise UserError(
            "fairseq-train runs --bf16 on TPUs only, and torch_xla is not installed: for bf16 on a "
            "GPU or CPU use fairseq-hydra-train with common.bf16=true, or else --fp16 or --amp"
        )
    if not args.lang_pairs:
        raise UserError("no directions given: list them with --lang-pairs, e.g. de-en,en-de")
    args.lang_pairs = [pair.strip() for pair in args.lang_pairs.split(",") if pair.strip()]
    if args.lang_dict:
        if args.langs:
            raise UserError("--langs and --lang-dict exclude each other: give one")
        if not os.path.isfile(args.lang_dict):
            raise UserError(f"--lang-dict {args.lang_dict}: there is no such file")
        args.langs = [line.strip() for line in read_lines(args.lang_dict) if line.strip()]
        args.lang_dict = None
    if start:
        start.take_translation_format(args)
    args.langs = args.langs or codes_of(args.lang_pairs)


def prepare_generation(args, checkpoint: Checkpoint | None) -> None:
    """Completes the settings of a task that translates, from its checkpoint.

    Args:
        args: the settings; changed in place.
        checkpoint: the checkpoint, if it is open already; else the first one of `args.path`.
    Raises:
        UserError: if one language is missing or there is nothing to take the language table from.
    """
    if not (args.source_lang and args.target_lang):
        raise UserError("give both --source-lang and --target-lang")
    if args.path:
        for path in utils.split_paths(args.path):
            check_file(path)
        checkpoint = checkpoint or Checkpoint(utils.split_paths(args.path)[0])
        task_metadata.restore_input_format(args, checkpoint.path, checkpoint.metadata)
    elif args.langs or args.lang_dict or args.lang_pairs:
        args.lang_pairs = args.lang_pairs or f"{args.source_lang}-{args.target_lang}"
        prepare_training(args)
    else:
        raise UserError("no checkpoint given: name it with --path")
    args.lang_pairs = [f"{args.source_lang}-{args.target_lang}"]


def stored_dictionary(checkpoint: Checkpoint, data: str) -> str | None:
    """The --fixed-dictionary that a checkpoint was trained with, where it was or in the data's folder.

    Args:
        checkpoint: the checkpoint.
        data: folder of the data.
    Returns:
        its path; None if there was none, or it is gone: then the data's own dictionaries must do.
    """
    path = checkpoint.section("task").get("fixed_dictionary")
    places = (path, os.path.join(data, os.path.basename(path))) if path else ()
    return next(filter(os.path.isfile, places), None)


def a_direction(checkpoint: Checkpoint, data: str) -> str:
    """A direction of a checkpoint that a task can be set up with: the first whose dictionaries are there.

    Args:
        checkpoint: the checkpoint.
        data: folder of the data, which may have some of its languages alone.
    """
    directions = checkpoint.config.directions.split(",")
    folder = Path(utils.split_paths(data)[0])

    def has_dictionaries(direction: str) -> bool:
        return all((folder / f"dict.{code}.txt").is_file() for code in split_direction(direction))

    return next(filter(has_dictionaries, directions), directions[0])


def check_directions(pairs: list[str], languages: Languages) -> None:
    """Raises:
    UserError: with every malformed pair and unknown language.
    """
    problems = Problems()
    for pair in pairs:
        try:
            languages.direction(pair)
        except UserError as error:
            problems.add(f"--lang-pairs {pair}: {error}")
    problems.raise_if_any()


def check_dictionaries(args, pairs: list[str]) -> None:
    """Raises:
    UserError: naming every missing dictionary file.
    """
    problems = Problems()
    folder = utils.split_paths(args.data)[0]
    if not os.path.isdir(folder):
        raise UserError(
            f"there is no data folder '{folder}': give the one fairseq-preprocess wrote"
        )
    sides = {"source": (args.source_dict, 0), "target": (args.target_dict, 1)}
    for side, (code, part) in sides.items():
        files = (
            {code}
            if code
            else {
                args.fixed_dictionary
                or os.path.join(folder, f"dict.{split_direction(pair)[part]}.txt")
                for pair in pairs
            }
        )
        for file in sorted(files):
            if not os.path.isfile(file):
                there = sorted(path.name[5:-4] for path in Path(folder).glob("dict.*.txt"))
                problems.add(
                    f"there is no {side} dictionary {file}: the folder has those of {format_list(there)}"
                )
    problems.raise_if_any()
