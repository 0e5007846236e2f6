"""What is wrong with a file that should be a checkpoint, without reading its tensors."""

import os
import zipfile

from ..support.errors import UserError
from ..support.file_defects import CUT_OFF, Defect, read_head, transfer_defect

ZIP = b"PK\x03\x04"  # torch 1.6 and newer
LEGACY = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19"
ARCHIVES = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf")  # gzip, bzip2, xz, 7z
CONTROL = bytes({*range(32), 127} - set(b"\t\n\r\f\x1b"))
ARCHIVE = Defect("is an archive", "unpack it and give the .pt file in it")


def checkpoint_defect(path: str) -> Defect | None:
    """What is wrong with a checkpoint, as far as it shows without reading its tensors; None if nothing.

    Args:
        path: a file.
    """
    head = read_head(path)
    defect = transfer_defect(head)
    if defect:
        return defect
    if len(head) < len(LEGACY) and (ZIP.startswith(head[:4]) or LEGACY.startswith(head)):
        return CUT_OFF
    if head.startswith(ZIP):
        return zip_defect(path)
    if head.startswith(ARCHIVES) or head[257:262] == b"ustar":
        return ARCHIVE
    if head == head.translate(None, CONTROL):
        return Defect("is a text file, not a checkpoint", "give the path of a .pt file")
    return None


def zip_defect(path: str) -> Defect | None:
    """What is wrong with a zip file as far as its table of contents, which stands at its end, shows."""
    try:
        with zipfile.ZipFile(path) as file:
            names = file.namelist()
    except zipfile.BadZipFile:
        return CUT_OFF
    except (ValueError, NotImplementedError):  # its names or its version
        return Defect("is damaged")
    return None if any(name.endswith("/data.pkl") for name in names) else ARCHIVE


def is_zip(path: str) -> bool:
    """Whether a checkpoint is of torch's present format, which can be mapped into memory."""
    return read_head(path).startswith(ZIP)


def unreadable(path: str) -> Defect:
    """What is wrong with a checkpoint that torch could not read although it looks whole."""
    head = read_head(path)
    if head.startswith(ZIP):
        return Defect("is damaged")
    if head.startswith(LEGACY):
        return CUT_OFF
    return Defect("is no checkpoint", "give the path of a .pt file")


def check_file(path: str) -> None:
    """Makes sure that a file may be a whole checkpoint, without reading its tensors.

    Raises:
        UserError: if there is no such file, or it is certainly none.
    """
    if not os.path.isfile(path):
        raise UserError(f"there is no checkpoint '{path}': give the path of a .pt file")
    defect = checkpoint_defect(path)
    if defect:
        raise UserError(f"{path} {defect}")
