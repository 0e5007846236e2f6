"""A preparation from its configuration to data that fairseq trains on."""

import sys
from pathlib import Path
from typing import Any, Dict, Optional

from ..errors import UserError
from ..files import write_json, write_lines, write_text
from ..steps import Steps
from .config import load_config
from .corpora import spell_out
from .encode_stage import encode_all, layout
from .files_check import check_files
from .filter_stage import filter_all
from .held_out import collect, expected_scripts
from .job import VERSION, Job
from .lengths import usual_ratios
from .parallel import Workers
from .report import directions, figures, markdown
from .vocabulary import make_dictionary, make_model


def prepare(config_file: Path, out: Path, workers: Optional[int] = None) -> Dict[str, Any]:
    """Does what is not done yet.

    Args:
        config_file: the YAML file.
        out: folder for everything that is written.
        workers: processes; by default one a core.
    Returns:
        the figures of `report.json`.
    Raises:
        UserError: for an unusable configuration or input file.
    """
    config = load_config(config_file)
    folder = config_file.resolve().parent
    corpora = spell_out(config, folder)
    with Workers(workers) as pool:
        job = Job(config, corpora, folder, out, Steps(out / "state.json"), pool)
        job.facts = check_files(corpora, job.steps, pool, config.filters.empty_lines)
        try:
            return run_stages(job)
        finally:
            job.steps.save()


def run_stages(job: Job) -> Dict[str, Any]:
    """Everything after the check of the input files."""
    held_out = collect(job)
    scripts = expected_scripts(job, held_out["letters"])
    filter_all(job, held_out["digest"], scripts, usual_ratios(job))
    if not job.full("train"):
        raise UserError(f"no training pair is left: see the counts in {job.steps.file}")
    model = make_model(job)
    dictionary = make_dictionary(job, model["digest"])
    encode_all(job, model["digest"], dictionary)
    return finish(job)


def finish(job: Job) -> Dict[str, Any]:
    """Writes dictionaries, lists and the report."""
    where = layout(job)
    found = figures(job, where.data)
    out = job.out
    dictionaries = [where.folders[0] / f"dict.{code}.txt" for code in job.corpora.languages]
    lists = [out / name for name in ("report.json", "report.md", "directions.txt", "langs.txt")]

    def action() -> None:
        text = (out / "dict.txt").read_text(encoding="utf-8")
        for path in dictionaries:
            write_text(path, text)
        write_json(lists[0], found)
        write_text(lists[1], markdown(found))
        write_lines(lists[2], [",".join(directions(job))])
        write_lines(lists[3], [",".join(job.corpora.languages)])

    inputs = [VERSION, found, job.steps.result("dictionary")["digest"]]
    job.steps.run("report", inputs, action, [*dictionaries, *lists])
    if not job.steps.ran:
        print(f"nothing changed: {out} is up to date", file=sys.stderr)
    return found


def next_command(out: Path, found: Dict[str, Any]) -> str:
    """The fairseq-train command to run next."""
    return (
        f"fairseq-train {found['data']} --user-dir $(hyperadapters user-dir) \\\n"
        f"    --task multilingual_adapter_translation --lang-pairs $(cat {out}/directions.txt) \\\n"
        f"    --langs $(cat {out}/langs.txt) --encoder-langtok tgt \\\n"
        "    --sampling-method temperature --sampling-temperature 5 \\\n"
        "    --arch adapter_transformer --adapter-source hyper \\\n"
        "    --criterion label_smoothed_cross_entropy --label-smoothing 0.1 \\\n"
        "    --optimizer adam --adam-betas '(0.9, 0.98)' --lr-scheduler inverse_sqrt \\\n"
        "    --warmup-updates 4000 --lr 0.0005 --clip-norm 1.0 --max-tokens 4096 \\\n"
        "    --save-dir checkpoints"
    )
