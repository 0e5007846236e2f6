"""All tasks that cells can have: a new one is a file and a line here."""

from collections.abc import Iterable

from ..support.registry import Registry
from .mlm import MaskedLanguageModel
from .ner import NamedEntities
from .parsing import Parsing
from .pos import PartsOfSpeech
from .task import Task
from .translation import Translation

TASKS: Registry[Task] = Registry("task")
# new ones at the end: their order here is that of the task ids in a model
for task in (
    MaskedLanguageModel(), NamedEntities(), PartsOfSpeech(), Translation(), Parsing(),
):  # fmt: skip
    TASKS.register(task.name)(task)


def all_tasks() -> list[Task]:
    """All registered tasks."""
    return [TASKS.get(name) for name in TASKS.names()]


def decoder_task(names: Iterable[str]) -> str | None:
    """Finds the task whose head is the model's decoder among some tasks; None without one."""
    decoders = [task.name for task in all_tasks() if task.has_decoder]
    return next((name for name in names if name in decoders), None)


def symbol_parameters() -> list[str]:
    """The parameters of heads, as `task.parameter`, that have a row for each symbol."""
    return [f"{task.name}.{name}" for task in all_tasks() for name in task.symbol_parameters]


def option_classes(kind: str) -> tuple[type, ...]:
    """The dataclasses of the tasks' options.

    Args:
        kind: "options" or "loss_options", see `Task`.
    """
    return tuple(filter(None, (getattr(task, kind) for task in all_tasks())))


def join_titles(tasks: Iterable[Task]) -> str:
    """The titles of tasks in a sentence: "one, another and a third"."""
    *first, last = (task.title for task in tasks)
    return " and ".join(filter(None, (", ".join(first), last)))
