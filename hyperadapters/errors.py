"""Errors that a user can cause, as one line that names the bad input and the fix."""

import difflib
import pickle
import re
import sys
from typing import Iterable, List


class UserError(ValueError):
    """Unusable input. The message says what was given, what is allowed and what to do."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint naming the known word nearest to `name` and, if there are few, all of them.

    Args:
        name: what was given.
        known: the allowed words.
    """
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"{hint}known: {listed(known)}" if known else "none are known"


def listed(names: Iterable[str]) -> str:
    """Names as a list for a message, cut short if they are many."""
    names = list(names)
    return ", ".join(names[:12]) + (f", ... ({len(names)} in all)" if len(names) > 12 else "")


class Problems:
    """Collects everything wrong with a configuration, to report it in one error."""

    def __init__(self) -> None:
        self.found: List[str] = []

    def add(self, message: str) -> None:
        self.found.append(message)

    def raise_if_any(self) -> None:
        """Raises:
        UserError: one line with every problem collected so far, if there is one.
        """
        if self.found:
            raise UserError("; ".join(self.found))


def one_line(error: BaseException) -> str:
    """The line shown for `error`, or an empty string if it deserves its traceback."""
    if isinstance(error, UserError):
        return str(error)
    # fairseq reports any failure to load a checkpoint by an error of its own
    if isinstance(error.__context__, UserError):
        return str(error.__context__)
    if type(error).__name__ == "ProcessRaisedException":
        # torch reports a failure in a process that fairseq started, one a GPU, as a traceback's text
        found = re.search(rf"^{UserError.__module__}\.UserError: (.+)$", str(error), re.M)
        return found.group(1) if found else ""
    if isinstance(error, pickle.UnpicklingError):
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f"'{named.group(1)}'" if named else "an object that is not plain data"
        return (
            f"refused to load a checkpoint: it contains {what}, which could run code; "
            "use a checkpoint that holds tensors and plain settings only"
        )
    return ""


def show_user_errors_as_one_line() -> None:
    """Makes an uncaught `UserError` end the process with one line instead of a traceback."""
    previous = sys.excepthook
    if getattr(previous, "shows_user_errors", False):
        return

    def hook(kind, error, trace):
        line = one_line(error)
        if line:
            print(f"error: {line}", file=sys.stderr)
        else:
            previous(kind, error, trace)

    hook.shows_user_errors = True
    sys.excepthook = hook
