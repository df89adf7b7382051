import pytest

from gateway.whole_file import write_whole


def test_a_file_is_replaced_as_a_whole(tmp_path) -> None:
    path = tmp_path / "a.bin"
    write_whole(path, b"one" * 1000)
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path) -> None:
    path = tmp_path / "a.bin"
    write_whole(path, b"one")
    (tmp_path / "a.bin.part").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(path, b"two")
    assert path.read_bytes() == b"one"
