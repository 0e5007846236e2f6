"""A preparation from its configuration to data that fairseq trains on."""

import os
import sys
from pathlib import Path
from shlex import quote

from ..support.errors import UserError
from ..support.files import exclusive_lock, write_json, write_lines, write_text
from ..support.resumable import StepLog
from ..support.workers import Workers
from .cleanup import STATE, check_folder, remove_stale
from .config import load_config
from .context import VERSION, Context
from .corpora import SPLITS
from .expand_config import expand_config
from .hashes import HeldOut
from .held_out import collect, expected_scripts
from .lengths import usual_ratios
from .pretrained import take_pretrained
from .report import Figures, figures, format_page
from .stages.encode import binarised_files, encode_all, layout
from .stages.filter import filter_all, normalization_of
from .validate_files import validate_files
from .vocabulary import check_given_files, id_table_file, make_dictionary, make_model


def prepare(config_file: Path, out: Path, workers: int | None = None) -> Figures:
    """Does what is not done yet.

    Args:
        config_file: the YAML file.
        out: folder for everything that is written.
        workers: processes; by default one a core.
    Returns:
        the figures of `report.json`.
    Raises:
        UserError: for an unusable configuration, input file or name of the folder.
    """
    if os.pathsep in str(out):
        raise UserError(
            f"--out {out}: to fairseq, '{os.pathsep}' ends the name of a data folder: give another"
        )
    config = load_config(config_file)
    folder = config_file.resolve().parent / config.folder
    corpora = expand_config(config, folder)
    take_pretrained(config, folder, corpora.languages)
    check_folder(out)
    with exclusive_lock(out), Workers(workers) as pool:
        context = Context(config, corpora, folder, out, StepLog(out / STATE), pool)
        check_given_files(context)
        context.facts = validate_files(
            corpora, context.steps, pool, config.filters.empty_lines, normalization_of(context)
        )
        try:
            return run_stages(context)
        finally:
            context.steps.save()


def run_stages(context: Context) -> Figures:
    """Everything after the check of the input files."""
    held_out, letters = collect(context)
    scripts = expected_scripts(context, letters)
    held_out = filter_all(context, held_out, scripts, usual_ratios(context))
    if not context.full("train"):
        raise UserError(
            f"no training pair is left: see what the filters dropped in {context.steps.file}"
        )
    model = make_model(context)
    dictionary = make_dictionary(context, model["digest"])
    encode_all(context, model["digest"], dictionary)
    return finish(context, held_out)


def finish(context: Context, held_out: HeldOut) -> Figures:
    """Writes dictionaries, lists and the report, and removes what is not made any more."""
    where = layout(context)
    report = figures(context, where.data, held_out.sentences)
    out = context.out
    dictionaries = [where.folders[0] / f"dict.{code}.txt" for code in context.corpora.languages]
    lists = [out / name for name in ("report.json", "report.md", "directions.txt", "langs.txt")]
    data = [
        file for part in context.full(*SPLITS) for file in binarised_files(context, where, part)
    ]
    text = [file for part in context.full(*SPLITS) for file in context.text_files(part)]

    def action() -> None:
        entries = (out / "dict.txt").read_text(encoding="utf-8")
        for path in dictionaries:
            write_text(path, entries)
        write_json(lists[0], report)
        write_text(lists[1], format_page(report))
        write_lines(lists[2], [",".join(report["directions"])])
        write_lines(lists[3], [",".join(report["languages"])])
        remove_stale(context, [*dictionaries, *data, *text, *intermediate_files(context, held_out)])

    inputs = [VERSION, report, context.steps.result("dictionary")["digest"]]
    context.steps.run("report", inputs, action, [*dictionaries, *lists])
    if not context.steps.ran:
        print(f"nothing changed: {out} is up to date", file=sys.stderr)
    return report


def intermediate_files(context: Context, held_out: HeldOut) -> list[Path]:
    """Files in the folder for intermediate ones, beside the filtered text."""
    return [context.work / "held_out.u64", held_out.path, id_table_file(context)]


def next_commands(out: Path, figures: Figures) -> str:
    """The fairseq-train command to run next, and how to evaluate what it trains."""
    without_valid = bool(figures["pairs_without_valid"])
    style = " --lang-tok-style mbart" if figures["language_tokens"] == "mbart" else ""
    langs = f"--langs $(cat {quote(str(out / 'langs.txt'))}) --encoder-langtok tgt{style}"
    start = figures["pretrained"]
    if start:  # which says what its languages and their tokens are
        langs = f"--init-from {quote(start)} --freeze-backbone"
    train = (
        f'fairseq-train {quote(figures["data"])} --user-dir "$(hyperadapters user-dir)" \\\n'
        "    --task multilingual_adapter_translation \\\n"
        f"    --lang-pairs $(cat {quote(str(out / 'directions.txt'))}) \\\n"
        f"    {langs} \\\n"
        "    --sampling-method temperature --sampling-temperature 5 \\\n"
        "    --arch adapter_transformer --adapter-source hyper \\\n"
        "    --criterion label_smoothed_cross_entropy --label-smoothing 0.1 \\\n"
        "    --optimizer adam --adam-betas '(0.9, 0.98)' --lr-scheduler inverse_sqrt \\\n"
        "    --warmup-updates 4000 --lr 0.0005 --clip-norm 1.0 --max-tokens 4096 \\\n"
        + ("    --disable-validation \\\n" if without_valid else "")
        + "    --save-dir checkpoints"
    )
    if not any(part["kept"] for part in figures["splits"]["test"].values()):
        return train
    english = f" --english {figures['english']}" if figures["english"] else ""
    checkpoint = "last" if without_valid else "best"
    return (
        f"{train}\nhyperadapters evaluate --checkpoint checkpoints/checkpoint_{checkpoint}.pt \\\n"
        f"    --data {quote(figures['data'].split(':')[0])} --out evaluation{english}"
    )
