"""The index of recordings, and evidence that is deleted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import NotFoundError
from gateway.store.evidence import EvidenceType
from gateway.store.segments import Segment
from vision.types import ChangeType

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def segment(number: int, camera: str = "gate") -> Segment:
    started_at = START + timedelta(minutes=5 * number)
    path = f"recordings/{camera}/{number}.mp4"
    return Segment(camera, path, started_at, started_at + timedelta(minutes=5), 100, 7500)


def numbers(found) -> list[int]:
    return [int(one.path.rpartition("/")[2].removesuffix(".mp4")) for one in found]


@pytest.fixture
def filled(store):
    store.segments.add([segment(number) for number in (3, 1, 2)])
    store.segments.add([segment(2), segment(0), segment(0, "road")])
    return store.segments


def test_a_segment_is_kept_once_and_found_again(filled):
    assert numbers(filled.of("gate")) == [0, 1, 2, 3]
    one = filled.of("road")[0]
    assert replace(one, id=0) == segment(0, "road")
    assert filled.get(one.id) == one
    assert filled.cameras() == ("gate", "road")
    assert filled.total_bytes() == 500


@pytest.mark.parametrize(
    ("from_min", "to_min", "found"),
    [(0, 20, [0, 1, 2, 3]), (5, 10, [1]), (4.9, 10.1, [0, 1, 2]), (20, 99, []), (-9, 0, [])],
)
def test_what_shows_any_of_a_span(filled, from_min, to_min, found):
    span = (START + timedelta(minutes=from_min), START + timedelta(minutes=to_min))
    assert numbers(filled.between("gate", *span)) == found


def test_the_oldest_of_all_cameras_come_first_and_can_go(filled):
    oldest = filled.oldest(3)
    assert [one.camera_id for one in oldest[:2]] == ["gate", "road"]
    assert numbers(oldest) == [0, 0, 1]
    filled.remove([one.id for one in oldest] + [999])
    filled.remove([])
    assert numbers(filled.of("gate")) == [2, 3]
    with pytest.raises(NotFoundError):
        filled.get(oldest[0].id)


def test_many_rows_fit_one_call(store):
    store.segments.add([segment(number) for number in range(1200)])
    store.segments.add([segment(number) for number in range(1201)])
    assert len(store.segments.of("gate")) == 1201
    store.segments.remove([one.id for one in store.segments.of("gate")])
    assert store.segments.total_bytes() == 0


@pytest.fixture
def shared_clip(store, samples):
    """Incidents "one" (closed after 10 s) and "two" share a clip; "one" has a picture too."""
    for name in ("one", "two"):
        clip = replace(
            samples.evidence(name, EvidenceType.CLIP), path="evidence/gate/clip.mp4", size_bytes=50
        )
        pieces = [clip, samples.evidence(name)] if name == "one" else [clip]
        store.incidents.record(samples.change(name), samples.origin, pieces, samples.compose)
    close = samples.change("one", ChangeType.CLOSED, 1, after_s=10)
    store.incidents.record(close, samples.origin, (), samples.compose)
    return store


def test_a_shared_clip_counts_once_and_stays_while_an_incident_is_open(shared_clip, samples):
    evidence = shared_clip.evidence
    assert evidence.total_bytes() == 50 + 1234
    assert [file.path for file in evidence.oldest(9)] == ["evidence/2026-05-01/one/raw"]
    close = samples.change("two", ChangeType.CLOSED, 1, after_s=5)
    shared_clip.incidents.record(close, samples.origin, (), samples.compose)
    clip = next(file for file in evidence.oldest(9) if file.path.endswith("clip.mp4"))
    assert (clip.bytes, clip.closed_at) == (50, START + timedelta(seconds=10))


def test_deleted_evidence_says_so_to_all_its_incidents(shared_clip):
    last = shared_clip.journal.last()
    at = START + timedelta(days=1)
    shared_clip.evidence.mark_deleted(["evidence/gate/clip.mp4"], at)
    for name in ("one", "two"):
        pieces = {piece.type: piece for piece in shared_clip.incidents.get(name).evidence}
        assert pieces[EvidenceType.CLIP].deleted_at == at
    assert shared_clip.incidents.get("one").evidence[0].deleted_at is None
    assert shared_clip.evidence.total_bytes() == 1234
    assert shared_clip.evidence.paths("gate") == {"evidence/2026-05-01/one/raw"}
    assert sorted(entry.key for entry in shared_clip.journal.after(last)) == ["one", "two"]
    shared_clip.evidence.mark_deleted(["evidence/gate/clip.mp4"], at + timedelta(days=1))
    assert shared_clip.incidents.get("two").evidence[0].deleted_at == at
