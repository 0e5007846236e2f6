"""Text that users bring: line ends, byte order marks, white space, and what is no UTF-8."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperadapters.support.errors import UserError
from hyperadapters.support.files import read_lines as read_written_lines
from hyperadapters.support.files import write_lines
from hyperadapters.support.text import clean, decode, read_lines, split_lines

# what Python's own splitlines takes for line ends, beside those of text files
INSIDE = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_lines_end_as_windows_unix_or_an_old_mac_end_them(end, last):
    lines = ["a", "", f"b{INSIDE}c"]
    assert split_lines(end.join(lines) + (end if last else "")) == lines


def test_a_carriage_return_within_a_line_ends_none():
    assert split_lines("a\rb\nc\n") == ["a\rb", "c"]


@given(st.text())
def test_a_clean_line_is_one_line_of_words_with_single_blanks(text):
    line = clean(text)
    assert line == " ".join(line.split()) and len(line.splitlines()) <= 1
    assert "".join(line.split()) == "".join(text.replace("\ufeff", "").split())


@pytest.mark.parametrize("name", ["text", "text.gz"])
def test_files_are_read_without_byte_order_mark_and_named_if_they_cannot_be(tmp_path, name):
    path = tmp_path / name
    pack = gzip.compress if name.endswith("gz") else bytes
    path.write_bytes(pack("\ufeffä\nb\n".encode()))
    assert read_lines(path) == ["ä", "b"]
    path.write_bytes(pack("a\nä\n".encode("latin-1")))
    with pytest.raises(UserError, match=rf"{name} line 2 is not UTF-8"):
        read_lines(path)
    with pytest.raises(UserError, match="there is no file"):
        read_lines(tmp_path / "absent")
    with pytest.raises(UserError, match="standard input line 1 is not UTF-8"):
        decode(b"\xff", "standard input")


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\n", codec="utf-8"))))
def test_what_we_write_is_read_with_the_lines_that_we_wrote(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("lines") / "file"
    write_lines(path, lines)
    assert read_written_lines(path) == lines
