"""What evaluates which task: a new sort of tasks is a file and a line here."""

from ..errors import UserError
from ..multitask.task import Task
from .masked import MaskedPieces
from .outcome import Judge
from .translated import Translations
from .word_tags import WordTags

JUDGES = (WordTags(), MaskedPieces(), Translations())


def judge_of(task: Task) -> Judge:
    """What evaluates a task.

    Raises:
        UserError: if nothing does.
    """
    for judge in JUDGES:
        if isinstance(task, judge.tasks):
            return judge
    raise UserError(f"{type(task).__name__}: no evaluation knows tasks of this sort")
