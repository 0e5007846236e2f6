"""The command `hyperadapters`: one sub-command a file of this folder."""

import argparse
import logging
import signal
import sys
import threading
from importlib import import_module
from types import ModuleType

from .. import __version__
from ..support.errors import report

COMMANDS = tuple(
    import_module(f"{__package__}.{name}")
    for name in (
        "attach", "bake", "benchmark", "compare", "demo", "demo_merging", "demo_tagging", "evaluate",
        "evaluate_tagging", "export", "few_shot", "files", "languages", "merge", "options", "parameters",
        "prepare", "run_jobs", "subnetworks", "translate", "user_dir",
    )
)  # fmt: skip


class CommandParser(argparse.ArgumentParser):
    """The parser of a sub-command, which adds its options when they are to be read or shown, so that
    those that depend on what is registered cost the other commands nothing."""

    command: ModuleType | None = None

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        if self.command:
            self.command.add_arguments(self)
            self.command = None
        return super().parse_known_args(args, namespace)


def parser() -> argparse.ArgumentParser:
    """The parser with all sub-commands; building it imports neither torch nor fairseq."""
    top = argparse.ArgumentParser(
        prog="hyperadapters",
        description="Adapters for multilingual translation that a hypernetwork generates, "
        "with fairseq.",
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = top.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=CommandParser
    )
    for command in COMMANDS:
        name = command.__name__.rsplit(".", 1)[1].replace("_", "-")
        summary = (command.__doc__ or "").strip()
        options = commands.add_parser(name, help=summary.splitlines()[0], description=summary)
        options.command = command
        options.set_defaults(run=command.run)
    return top


def run_command(words: list[str]) -> None:
    """Runs a sub-command in this process.

    Args:
        words: its name and arguments.
    Raises:
        UserError: as the sub-command does.
    """
    args = parser().parse_args(words)
    args.run(args)


def main(argv: list[str] | None = None) -> int:
    """Runs the command line.

    Args:
        argv: its words; by default those of the process.
    Returns:
        exit status: 0 on success, 2 on unusable arguments or input, 141 if nobody reads the output.
    """
    args = parser().parse_args(argv)
    for name in ("fairseq", "fairseq_cli"):
        logging.getLogger(name).setLevel(logging.WARNING)  # our commands show progress bars
    if threading.current_thread() is threading.main_thread():
        # so that what a command started ends with it
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        args.run(args)
        print(end="", flush=True)
    except KeyboardInterrupt:
        print("interrupted: run the same command again to go on", file=sys.stderr)
        return 130
    except Exception as error:
        if not report(error):
            raise
        return 128 + signal.SIGPIPE if isinstance(error, BrokenPipeError) else 2
    return 0
