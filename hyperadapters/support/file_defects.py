"""What went wrong when a file was copied or downloaded, as far as its first bytes show."""

from dataclasses import dataclass

from .errors import UserError

AGAIN = "copy or download it again"
LFS_POINTER = b"version https://git-lfs"
HEAD = 512


@dataclass(frozen=True)
class Defect:
    """What is wrong with a file.

    Args:
        what: in words that follow its name.
        advice: what to do.
    """

    what: str
    advice: str = AGAIN

    def __str__(self) -> str:
        return f"{self.what}: {self.advice}"


CUT_OFF = Defect("is cut off")


def read_head(path: str) -> bytes:
    """The first bytes of a file."""
    with open(path, "rb") as file:
        return file.read(HEAD)


def transfer_defect(head: bytes) -> Defect | None:
    """What went wrong when a file of any format was copied or downloaded; None if nothing shows.

    Args:
        head: its first bytes.
    """
    if not head:
        return Defect("is empty")
    if head.startswith(LFS_POINTER):
        return Defect("is a Git LFS pointer, not the file itself", "run git lfs pull")
    if head.lstrip().startswith(b"<"):
        return Defect("is a web page", "download the file itself")
    if not any(head):
        return CUT_OFF  # a copy whose space was reserved and never filled
    return None


def check_transfer(path: str) -> None:
    """Refuses a file of any format that was not copied or downloaded whole, as far as its start shows.

    Raises:
        UserError: naming the file and what to do.
    """
    defect = transfer_defect(read_head(path))
    if defect:
        raise UserError(f"{path} {defect}")
