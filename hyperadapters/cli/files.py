"""List, print or copy the pages, configurations and scripts that come with the package.

Without --copy-to, a file that is named is printed, and a folder is listed. Copies lie where the pages
look for them: FOLDER/examples/... and FOLDER/scripts/... . Scripts call each other, and Hydra
configurations read each other: copy the whole folder, as in `hyperadapters files scripts conf --copy-to .`.
"""

import shutil
import textwrap
from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the options of the command."""
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME",
        help="file or folder, by its path or the end of it, such as ml50.yaml (default: all)")  # fmt: skip
    add("--copy-to", type=Path, metavar="FOLDER", help="copy the files to this folder")
    add("--force", action="store_true", help="overwrite files that are there and differ")


def run(args: Namespace) -> None:
    """Lists, prints or copies."""
    from ..shipped_files import find, paths, root, summary
    from ..support.errors import UserError

    folder = root()
    choices = [find(name, folder) for name in args.names]
    files = [
        file for file in paths(folder)
        if not choices or any(entry in (file, *file.parents) for entry in choices)
    ]  # fmt: skip
    if not files:
        raise UserError(f"{folder} holds none of the files: install from the wheel or the clone")
    if args.copy_to:
        copy(files, folder, args.copy_to, args.force)
    elif args.force:
        raise UserError("--force is for copies: give --copy-to too")
    elif set(choices) == set(files):
        for file in choices:
            print((folder / file).read_text(encoding="utf-8"), end="")
    else:
        width = max(len(str(file)) for file in files)
        for file in files:
            print(f"{file!s:{width}}  {textwrap.shorten(summary(folder / file), 100)}")


def copy(files: list[Path], folder: Path, target: Path, force: bool) -> None:
    """Copies files, all or none of them.

    Args:
        files: their paths, relative to the folder that they lie in.
        folder: that folder.
        target: the folder to copy them to.
        force: overwrite files that differ.
    Raises:
        UserError: naming the files that are there and differ.
    """
    from ..support.errors import UserError, format_list
    from ..support.files import atomic_write, check_output

    differing = [
        str(target / file) for file in files
        if (target / file).is_file()
        and (target / file).read_bytes() != (folder / file).read_bytes()
    ]  # fmt: skip
    if differing and not force:
        raise UserError(
            f"{format_list(differing)} would be overwritten: name another folder, or add --force"
        )
    for file in files:
        check_output(target / file, folder / file)
    for file in files:
        with atomic_write(target / file) as temporary:
            shutil.copy(folder / file, temporary)  # with its permissions
        print(target / file)
