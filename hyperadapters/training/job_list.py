"""Jobs as text, one a line, as scripts write them."""

import shlex
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path

from ..support.errors import UserError, did_you_mean
from .jobs import Job

SETTINGS = ("name", "after", "log", "marker", "any_settings")


def read_jobs(lines: Iterable[str]) -> list[Job]:
    """Reads jobs: settings such as `name=hyper after=backbone`, then the command, quoted as for a shell.

    Args:
        lines: a job each; empty ones and those that begin with "#" are skipped.
    Raises:
        UserError: naming the line that is no job.
    """
    jobs = []
    for number, line in enumerate(lines, 1):
        try:
            words = shlex.split(line, comments=True)
            if words:
                jobs.append(job_of(words))
        except ValueError as error:  # of shlex, or a UserError
            raise UserError(f"line {number} of the jobs: {error}") from error
    return jobs


def job_of(words: list[str]) -> Job:
    """A job from the words of its line.

    Raises:
        UserError: for an unknown setting, or if the name or the command is missing.
    """
    pairs = [word.partition("=") for word in takewhile(lambda word: "=" in word, words)]
    settings = {key: value for key, _, value in pairs}
    for key in settings:
        if key not in SETTINGS:
            raise UserError(f"unknown setting '{key}': {did_you_mean(key, SETTINGS)}")
    command = words[len(pairs) :]
    if not settings.get("name") or not command:
        raise UserError("write name=NAME and, after the settings, a command")
    return Job(
        name=settings["name"],
        command=command,
        log=Path(settings.get("log") or f"{settings['name']}.log"),
        after=[name for name in settings.get("after", "").split(",") if name],
        marker=Path(settings["marker"]) if settings.get("marker") else None,
        any_settings=settings.get("any_settings") == "yes",
    )
