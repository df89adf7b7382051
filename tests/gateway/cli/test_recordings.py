"""gridpatrol recordings: list, export, check."""

from datetime import UTC, datetime, timedelta

import av
import pytest

from gateway.recording.films import finish_segment
from gateway.recording.growing import FilmLabel, GrowingFilm
from gateway.recording.index import row_of
from gateway.secrets import SecretBox
from gateway.store import Store


@pytest.fixture
def recorded(data_dir, coded_stream):
    """Two films of four seconds, a minute apart, that began two minutes ago; gives when."""
    began = (datetime.now(UTC) - timedelta(minutes=2)).replace(microsecond=0)
    data_dir.mkdir(parents=True)
    with Store.open(data_dir / "gridpatrol.db", SecretBox.open(data_dir / "secret.key")) as store:
        for at_s in (0, 60):
            deliveries = list(coded_stream().deliveries())
            label = FilmLabel((), "gate", began + timedelta(seconds=at_s))
            path = data_dir / "recordings" / "gate" / f"{at_s}.mp4"
            film = GrowingFilm(label, path, deliveries[0], in_place=True)
            for delivery in deliveries:
                film.write(delivery)
            film.close()
            store.segments.add([row_of(finish_segment(film), data_dir)])
    return began


def test_what_is_recorded_is_listed(gridpatrol, recorded):
    objects = gridpatrol("recordings", "list", "gate", "--json").objects
    assert [one["path"] for one in objects] == ["recordings/gate/0.mp4", "recordings/gate/60.mp4"]
    assert objects[0]["pictures"] == 100
    shown = gridpatrol("recordings", "list").out
    assert "recordings/gate/60.mp4" in shown
    nothing = gridpatrol("recordings", "list", "road")
    assert (nothing.exit_code, nothing.out) == (0, "")
    assert "Nothing was recorded" in nothing.err


def test_a_span_is_written_and_its_gaps_are_told(gridpatrol, recorded, tmp_path):
    film = tmp_path / "gate.mp4"
    span = (recorded.isoformat(), (recorded + timedelta(seconds=64)).isoformat())
    (told,) = gridpatrol("recordings", "export", "gate", *span, film, "--json").objects
    assert told["bytes"] == film.stat().st_size
    assert len(told["gaps"]) == 1
    with av.open(str(film)) as opened:
        assert sum(1 for _ in opened.decode(video=0)) == 200
    outcome = gridpatrol("recordings", "export", "gate", *span, film)
    assert "gate.mp4" in outcome.out
    assert "not recorded: " in outcome.err


def test_what_cannot_be_exported_is_one_sentence(refused, recorded, tmp_path):
    film = tmp_path / "gate.mp4"
    span = ("2020-01-01T08:00", "2020-01-01T09:00")
    assert "nothing of camera gate" in refused(13, "recordings", "export", "gate", *span, film)
    backwards = refused(19, "recordings", "export", "gate", *reversed(span), film)
    assert "no span" in backwards
    assert "no time" in refused(3, "recordings", "export", "gate", "then", span[1], film)
    nowhere = tmp_path / "none" / "gate.mp4"
    assert "no directory" in refused(10, "recordings", "export", "gate", *span, nowhere)


def test_check_says_what_does_not_fit(gridpatrol, recorded, data_dir):
    assert gridpatrol("recordings", "check").exit_code == 0
    (data_dir / "recordings" / "gate" / "0.mp4").rename(data_dir / "recordings" / "gate" / "1.mp4")
    (data_dir / "recordings" / "gate" / "2.mp4.part").touch()
    outcome = gridpatrol("recordings", "check", "--json")
    assert outcome.exit_code == 1
    assert outcome.objects == [
        {
            "unlisted": ["recordings/gate/1.mp4"],
            "missing": ["recordings/gate/0.mp4"],
            "growing": ["recordings/gate/2.mp4.part"],
        }
    ]
    assert "recordings/gate/0.mp4" in gridpatrol("recordings", "check").out
