"""Files that are written whole or not at all."""

import pytest

from hyperadapters.support.files import read_lines, write_lines


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    file = tmp_path / "lines"
    write_lines(file, ["old"])

    def broken():
        yield "new"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_lines(file, broken())
    assert read_lines(file) == ["old"] and len(list(tmp_path.iterdir())) == 1
