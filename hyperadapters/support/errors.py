"""Errors that a user can cause, as one line that names the bad input and the fix."""

import difflib
import errno
import os
import pickle
import re
import sys
from collections.abc import Iterable
from types import TracebackType

FULL = (errno.ENOSPC, errno.EDQUOT)
PERMISSIONS = "change its permissions, or name another"
ADVICE = {
    errno.ENOENT: "check the path",
    errno.EACCES: PERMISSIONS,
    errno.EPERM: PERMISSIONS,
    errno.EISDIR: "name a file",
    errno.EIO: "check the disk",
}


class UserError(ValueError):
    """Unusable input. The message says what was given, what is allowed and what to do."""


def did_you_mean(name: str, words: Iterable[str]) -> str:
    """A hint naming the allowed word nearest to `name` and, if there are few, all of them.

    Args:
        name: what was given.
        words: the allowed words.
    """
    words = list(words)
    close = difflib.get_close_matches(name, words, n=1, cutoff=0.4)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"{hint}known: {format_list(words)}" if words else "none are known"


def format_list(names: Iterable[str]) -> str:
    """Names as a list for a message, cut short if they are many."""
    names = list(names)
    return ", ".join(names[:12]) + (f", ... ({len(names)} in all)" if len(names) > 12 else "")


class Problems:
    """Collects everything wrong with a configuration, to report it in one error."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def add(self, message: str) -> None:
        self.messages.append(message)

    def raise_if_any(self) -> None:
        """Raises:
        UserError: one line with every problem collected so far, if there is one.
        """
        if self.messages:
            raise UserError("; ".join(self.messages))


def one_line(error: BaseException) -> str:
    """The line shown for `error`, or an empty string if it deserves its traceback."""
    if isinstance(error, UserError):
        return str(error)
    # fairseq reports any failure to load a checkpoint by an error of its own
    if isinstance(error.__context__, UserError):
        return str(error.__context__)
    full = no_space_left(error)
    if full:
        folder = os.path.dirname(os.fsdecode(full.filename or "")) or "the disk"
        return f"no space left on {folder}: make room, then run the same command again"
    if isinstance(error, OSError):
        return file_line(error)
    if isinstance(error, UnicodeError):
        return unicode_line(error)
    if type(error).__name__ == "ProcessRaisedException":
        return process_line(str(error))
    if isinstance(error, pickle.UnpicklingError):
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f"'{named.group(1)}'" if named else "an object that is not plain data"
        return (
            f"refused to load a checkpoint: it contains {what}, which could run code; "
            "use a checkpoint that holds tensors and plain settings only"
        )
    return ""


def no_space_left(error: BaseException | None) -> OSError | None:
    """The failure to write to a full disk behind an error: torch raises one of its own after it."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return error
        error = error.__cause__ or error.__context__
    return None


def file_line(error: OSError) -> str:
    """The line for a file or folder that cannot be used; empty if the error names none."""
    name = error.filename2 or error.filename
    if name is None or error.errno is None:
        return ""
    advice = ADVICE.get(error.errno, "name another")
    return f"{os.fsdecode(name)}: {os.strerror(error.errno).lower()}: {advice}"


def unicode_line(error: UnicodeError) -> str:
    """The line for text in another encoding; empty if the error does not show the text."""
    if isinstance(error, UnicodeDecodeError):
        excerpt = bytes(error.object[max(error.start - 20, 0) : error.end + 20])
        return f"not {error.encoding} text: {excerpt!r}: convert the input to UTF-8"
    if isinstance(error, UnicodeEncodeError):
        text = error.object[error.start : error.end][:20]
        return f"cannot write {text!a} as {error.encoding}: set PYTHONUTF8=1"
    return ""


def process_line(trace: str) -> str:
    """The line for a failure in a process that fairseq started, one a GPU.

    Args:
        trace: the text of its traceback, by which torch reports it.
    """
    match = re.search(rf"^{UserError.__module__}\.UserError: (.+)$", trace, re.M)
    if match:
        return match.group(1)
    pattern = r"^\w+Error: \[Errno (\d+)\] [^:\n]+(?:: '(.+)')?(\s*\Z)?"
    for number, name, is_last in re.findall(pattern, trace, re.M):
        if is_last or int(number) in FULL:
            return one_line(OSError(int(number), "", name or None))
    return ""


def report(error: BaseException) -> bool:
    """Tells the user of an error in one line; in none if nobody reads the output any more.

    Returns:
        whether it did. If not, the error is the program's and deserves its traceback.
    """
    discard_unwritable_output()
    if isinstance(error, BrokenPipeError):
        return True
    line = one_line(error)
    if line:
        print(f"error: {line}", file=sys.stderr)
    return bool(line)


def discard_unwritable_output() -> None:
    """Keeps Python from failing a second time, at its end, on output that cannot be written."""
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None if closed
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def show_user_errors_as_one_line() -> None:
    """Makes an uncaught error that a user can mend end the process with one line, see `report`."""
    previous = sys.excepthook
    if getattr(previous, "shows_user_errors", False):
        return

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not report(error):
            previous(kind, error, trace)

    hook.shows_user_errors = True  # type: ignore[attr-defined]
    sys.excepthook = hook
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # else fairseq-hydra-train prints a traceback
