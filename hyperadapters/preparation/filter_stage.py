"""The stage that filters every training set and takes over every held-out set."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Dict, List, Tuple

from .corpora import Part
from .files_check import stamp
from .filtering import filter_parts
from .filters import Rules
from .held_out import held_out_file
from .job import VERSION, Job

Scripts = Dict[str, Tuple[str, ...]]


def filter_all(job: Job, held_out: str, scripts: Scripts, ratios: Dict[str, float]) -> None:
    """Writes the text of every part that is not up to date.

    Args:
        job: the preparation.
        held_out: digest of the held-out sentences.
        scripts: expected scripts of each language.
        ratios: usual ratio of lengths of each training part.
    """
    splits = (("train",), job.config.filters.duplicates), (("valid", "test"), False)
    for names, duplicates in splits:
        parts = job.corpora.of(*names)
        rules = {part.name: rules_of(job, part, scripts, ratios) for part in parts}
        inputs = {
            part.name: inputs_of(part, rules[part.name], held_out, duplicates) for part in parts
        }
        filter_some(job, parts, rules, inputs, duplicates)


def filter_some(
    job: Job,
    parts: List[Part],
    rules: Dict[str, Rules],
    inputs: Dict[str, Any],
    duplicates: bool,
) -> None:
    """Filters those parts that are not up to date."""
    todo = [
        part
        for part in parts
        if not job.steps.is_done(f"filter {part.name}", inputs[part.name], job.text_files(part))
    ]
    if not todo:
        return
    for part in todo:
        job.steps.forget(f"filter {part.name}")
    total = sum(job.facts[source.files[0]]["lines"] for part in todo for source in part.sources)
    folder = job.text_folder(todo[0])
    for part, counts in filter_parts(
        todo, lambda part: rules[part.name], folder, duplicates, total, job.workers
    ):
        job.steps.finish(f"filter {part.name}", inputs[part.name], counts)
    job.steps.save()


def rules_of(job: Job, part: Part, scripts: Scripts, ratios: Dict[str, float]) -> Rules:
    """What is dropped from a part: from held-out sets nothing but what lacks a side."""
    if part.split != "train":
        return Rules()
    filters = job.config.filters
    return Rules(
        min_chars=filters.min_chars,
        max_chars=filters.max_chars,
        length_ratio=filters.length_ratio,
        length_slack=filters.length_slack,
        usual_ratio=ratios[part.name],
        script_share=filters.script_share,
        scripts=(scripts[part.src], scripts[part.tgt]),
        copies=filters.copies,
        held_out=held_out_file(job),
    )


def inputs_of(part: Part, rules: Rules, held_out: str, duplicates: bool) -> Any:
    """All that the filtered text of a part depends on."""
    files: List[Path] = [path for source in part.sources for path in source.files]
    settings = {**asdict(rules), "held_out": held_out if rules.held_out else None}
    gaps = [source.gaps for source in part.sources]
    return [VERSION, duplicates, settings, gaps, [[str(path), stamp(path)] for path in files]]
