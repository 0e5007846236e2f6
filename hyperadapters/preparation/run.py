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
from .corpora import SPLITS
from .expand_config import spell_out
from .hashes import HeldOut
from .held_out import collect, expected_scripts
from .job import VERSION, Job
from .lengths import usual_ratios
from .report import Figures, figures, markdown
from .stages.encode import binarised_files, encode_all, layout
from .stages.filter import filter_all, normalization_of
from .validate_files import check_files
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
    corpora = spell_out(config, folder)
    check_folder(out)
    with exclusive_lock(out), Workers(workers) as pool:
        job = Job(config, corpora, folder, out, StepLog(out / STATE), pool)
        check_given_files(job)
        job.facts = check_files(
            corpora, job.steps, pool, config.filters.empty_lines, normalization_of(job)
        )
        try:
            return run_stages(job)
        finally:
            job.steps.save()


def run_stages(job: Job) -> Figures:
    """Everything after the check of the input files."""
    held_out, letters = collect(job)
    scripts = expected_scripts(job, letters)
    held_out = filter_all(job, held_out, scripts, usual_ratios(job))
    if not job.full("train"):
        raise UserError(
            f"no training pair is left: see what the filters dropped in {job.steps.file}"
        )
    model = make_model(job)
    dictionary = make_dictionary(job, model["digest"])
    encode_all(job, model["digest"], dictionary)
    return finish(job, held_out)


def finish(job: Job, held_out: HeldOut) -> Figures:
    """Writes dictionaries, lists and the report, and removes what is not made any more."""
    where = layout(job)
    found = figures(job, where.data, held_out.sentences)
    out = job.out
    dictionaries = [where.folders[0] / f"dict.{code}.txt" for code in job.corpora.languages]
    lists = [out / name for name in ("report.json", "report.md", "directions.txt", "langs.txt")]
    data = [file for part in job.full(*SPLITS) for file in binarised_files(job, where, part)]
    text = [file for part in job.full(*SPLITS) for file in job.text_files(part)]

    def action() -> None:
        entries = (out / "dict.txt").read_text(encoding="utf-8")
        for path in dictionaries:
            write_text(path, entries)
        write_json(lists[0], found)
        write_text(lists[1], markdown(found))
        write_lines(lists[2], [",".join(found["directions"])])
        write_lines(lists[3], [",".join(found["languages"])])
        remove_stale(job, [*dictionaries, *data, *text, *intermediate_files(job, held_out)])

    inputs = [VERSION, found, job.steps.result("dictionary")["digest"]]
    job.steps.run("report", inputs, action, [*dictionaries, *lists])
    if not job.steps.ran:
        print(f"nothing changed: {out} is up to date", file=sys.stderr)
    return found


def intermediate_files(job: Job, held_out: HeldOut) -> list[Path]:
    """Files in the folder for intermediate ones, beside the filtered text."""
    return [job.work / "held_out.u64", held_out.path, id_table_file(job)]


def next_commands(out: Path, found: Figures) -> str:
    """The fairseq-train command to run next, and how to evaluate what it trains."""
    without_valid = any(warning.startswith("no valid set") for warning in found["warnings"])
    style = " --lang-tok-style mbart" if found["language_tokens"] == "mbart" else ""
    train = (
        f'fairseq-train {quote(found["data"])} --user-dir "$(hyperadapters user-dir)" \\\n'
        "    --task multilingual_adapter_translation \\\n"
        f"    --lang-pairs $(cat {quote(str(out / 'directions.txt'))}) \\\n"
        f"    --langs $(cat {quote(str(out / 'langs.txt'))}) --encoder-langtok tgt{style} \\\n"
        "    --sampling-method temperature --sampling-temperature 5 \\\n"
        "    --arch adapter_transformer --adapter-source hyper \\\n"
        "    --criterion label_smoothed_cross_entropy --label-smoothing 0.1 \\\n"
        "    --optimizer adam --adam-betas '(0.9, 0.98)' --lr-scheduler inverse_sqrt \\\n"
        "    --warmup-updates 4000 --lr 0.0005 --clip-norm 1.0 --max-tokens 4096 \\\n"
        + ("    --disable-validation \\\n" if without_valid else "")
        + "    --save-dir checkpoints"
    )
    if not any(part["kept"] for part in found["splits"]["test"].values()):
        return train
    english = f" --english {found['english']}" if found["english"] else ""
    kept = "last" if without_valid else "best"
    return (
        f"{train}\nhyperadapters evaluate --checkpoint checkpoints/checkpoint_{kept}.pt \\\n"
        f"    --data {quote(found['data'].split(':')[0])} --out evaluation{english}"
    )
