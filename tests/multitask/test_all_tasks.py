"""What is particular to a task stands in its own file."""

import ast
import inspect
import re
from pathlib import Path

import hyperadapters
from hyperadapters.multitask.all_tasks import all_tasks, join_titles

PACKAGE = Path(hyperadapters.__file__).parent
USERS = ("demos/*", "cli/demo_*")  # train chosen cells, as any user does
HEADINGS = {("cli/evaluate.py", "translation")}  # words that name no task of cells


def test_no_module_names_a_task_but_its_own():
    names = [task.name for task in all_tasks()]
    own_files = {inspect.getsourcefile(type(task)) for task in all_tasks()}
    names_task = re.compile(rf"({'|'.join(names)})|.*\bheads\.({'|'.join(names)})\b.*")
    found = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE)
        if str(path) in own_files or any(map(place.match, USERS)):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and names_task.fullmatch(str(node.value)):
                found.add((place.as_posix(), node.value))
    assert found - HEADINGS == set()


def test_titles_in_a_sentence():
    first, *others = all_tasks()
    assert join_titles([first]) == first.title
    assert join_titles([first, *others[:2]]) == (
        f"{first.title}, {others[0].title} and {others[1].title}"
    )
