"""What packets tell of a film: groups that can be decoded alone, and the pictures that are due."""

from pathlib import Path

import numpy as np
import pytest

from gateway.film.packets import FrontToBackError, PacketTable, read_groups, survey
from gateway.video_file import VideoFile


@pytest.fixture
def film(coded_stream, write_film, tmp_path):
    """Return a maker of films at 25 pictures a second whose pictures carry their number."""

    def make(pictures: int = 250, name: str = "film.mp4", **how) -> Path:
        return write_film(coded_stream(pictures=pictures, **how), tmp_path / name)

    return make


def test_a_group_begins_at_each_key_frame(film) -> None:
    table = survey(film(gop=50))
    assert table.began_s.tolist() == pytest.approx([0, 2, 4, 6, 8])
    assert table.length_s.tolist() == pytest.approx([2, 2, 2, 2, 1.96])
    assert np.bincount(table.group_of).tolist() == [50] * 5


def test_short_groups_are_joined(film) -> None:
    assert survey(film(gop=25)).began_s.tolist() == pytest.approx([0, 2, 4, 6, 8])


@pytest.mark.parametrize("fps", [0.7, 3, 5, 7, 25, 100])
@pytest.mark.parametrize("b_frames", [False, True])
def test_the_pictures_due_are_those_that_reading_from_front_to_back_gives(
    film, fps, b_frames
) -> None:
    path = film(gop=50, b_frames=b_frames)
    with VideoFile(path) as video:
        expected = [picture.at_s for picture in video.pictures(fps)]
    table = survey(path)
    assert table.at_s[table.looks(fps)].tolist() == expected


def test_a_key_frame_that_earlier_pictures_are_shown_after_begins_no_group(film) -> None:
    closed = survey(film(gop=50, codec="hevc", b_frames=True))
    leaning = survey(film(gop=50, codec="hevc", b_frames=True, open_gop=True, name="open.mp4"))
    assert (closed.groups, leaning.groups) == (5, 1)


def groups_of(path: Path, table: PacketTable, *wanted: int, keys_only: bool = False) -> list:
    flags = np.isin(np.arange(table.groups), wanted)
    return list(read_groups(path, table, flags, keys_only=keys_only))


def test_only_the_groups_wanted_are_read(film) -> None:
    path = film(gop=50)
    table = survey(path)
    one, four = groups_of(path, table, 1, 4)
    assert (one.number, len(one.packets), four.number, len(four.packets)) == (1, 50, 4, 50)
    assert one.packets[0].is_keyframe
    assert [one.packets[0].pts, four.packets[0].pts] == table.pts[table.first[[1, 4]]].tolist()


def test_of_a_group_the_key_frame_alone(film) -> None:
    path = film(gop=50)
    groups = groups_of(path, survey(path), 0, 2, keys_only=True)
    assert [(group.number, len(group.packets)) for group in groups] == [(0, 1), (2, 1)]


def test_a_file_without_times_is_refused(coded_stream, write_film, tmp_path) -> None:
    path = write_film(coded_stream(pictures=50), tmp_path / "raw.h264")
    with pytest.raises(FrontToBackError, match="times"):
        survey(path)
