"""Print the folder to give to fairseq as --user-dir."""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """This command has no arguments."""


def run(args: Namespace) -> None:
    """Prints the plug-in's folder."""
    print(Path(__file__).resolve().parent.parent)
