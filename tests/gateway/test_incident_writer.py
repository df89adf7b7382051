"""Keeping incidents on a real disk and database that refuse, come back, or never do."""

import hashlib
import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from structlog.testing import capture_logs

from gateway import incident_writer
from gateway.incident_writer import IncidentWriter, Sighting
from gateway.recording.films import ClipFile
from gateway.recording.growing import FilmLabel
from gateway.store import Store
from gateway.store.counts import CountFilter
from gateway.store.evidence import EvidenceType
from gateway.store.stored_incident import Ending
from vision.types import ChangeType, Kind, Tally, TallyRow, Track

OPENED, UPDATED, CLOSED = ChangeType.OPENED, ChangeType.UPDATED, ChangeType.CLOSED
PATIENCE_S = 60.0
BOX = (100.0, 60.0, 180.0, 200.0)
TALLIED = datetime(2026, 5, 1, 8, tzinfo=UTC)


def wait_until(condition, timeout_s=PATIENCE_S):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def grey_picture():
    return np.full((240, 320, 3), 114, np.uint8)


@pytest.fixture
def writer(store, samples, tmp_path):
    """Return a running writer; stopped at the end."""
    writer = IncidentWriter(store, tmp_path, samples.compose)
    writer.start()
    yield writer
    writer.stop()


@pytest.fixture
def sighting(samples):
    """Return a maker of sightings of a person in the middle of a grey picture."""
    at = samples.change().at
    person = Track(
        7, Kind.PERSON, "person", BOX, 0.9, confirmed=True, first_seen_at=at, last_seen_at=at
    )

    def make(*args, **fields):
        change = samples.change(*args, **fields)
        seen = Sighting(change, samples.origin, tracks=(person,), highlight=frozenset({7}))
        return replace(seen, take_picture=grey_picture) if change.type is OPENED else seen

    return make


@pytest.fixture
def tally():
    """Return a maker of tallies of some cars in one interval."""

    def make(count):
        row = TallyRow(Kind.VEHICLE, "car", None, count)
        end = TALLIED + timedelta(minutes=15)
        return Tally("traffic", None, TALLIED, end, TALLIED, 10.0 * count, (row,))

    return make


@pytest.fixture
def clip(tmp_path):
    """Return a maker of clip files of an incident."""

    def make(incident_id="i-1"):
        path = tmp_path / "evidence" / "gate" / "2026-05-01" / incident_id / "clip.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"film")
        label = FilmLabel((incident_id,), "gate", datetime(2026, 5, 1, 8, tzinfo=UTC))
        return ClipFile(label, path, hashlib.sha256(b"film").hexdigest(), 4, 1.0)

    return make


def events(store, incident_id="i-1"):
    """Return what consumers will be told, in order: type and kinds of evidence."""
    bodies = [json.loads(message.body) for message in store.outbox.of_incident(incident_id)]
    return [
        (
            body["type"].rpartition(".")[2],
            [piece["type"] for piece in body["data"]["incident"]["evidence"]],
        )
        for body in bodies
    ]


@contextmanager
def locked(path):
    """Hold the database's write lock, as a stuck process does."""
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


@contextmanager
def without_room(tmp_path):
    """Put a file where the directory of evidence belongs: every picture is refused."""
    place = tmp_path / "evidence"
    place.write_text("")
    try:
        yield
    finally:
        place.unlink()


def test_pictures_are_kept_and_the_marked_one_shows_the_box(store, writer, sighting, tmp_path):
    writer.put(sighting())
    writer.stop()
    raw, marked = store.incidents.get("i-1").evidence
    assert (raw.type, marked.type) == (EvidenceType.RAW, EvidenceType.MARKED)
    for piece in (raw, marked):
        data = (tmp_path / piece.path).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (piece.sha256, piece.size_bytes)
    plain, drawn = (cv2.imread(str(tmp_path / p.path)).astype(int) for p in (raw, marked))
    assert np.abs(plain - 114).max() <= 2
    changed = np.abs(drawn - plain).max(axis=2) > 60
    x1, y1, x2, y2 = map(int, BOX)
    sides = [changed[y1 : y2 + 1, x1], changed[y1 : y2 + 1, x2], changed[y2, x1 : x2 + 1]]
    assert all(side.mean() > 0.9 for side in sides), "the box is drawn around the person"
    assert not changed[y1 + 30 : y2 - 30, x1 + 20 : x2 - 20].any(), "and not over it"
    assert events(store) == [("opened", ["raw", "marked"])]


@pytest.mark.parametrize("clip_first", [True, False])
def test_clip_may_come_before_or_after_the_close(store, writer, sighting, clip, clip_first):
    writer.put(sighting())
    steps = [
        lambda: writer.put_clip(clip()),
        lambda: writer.put(sighting("i-1", CLOSED, 1, after_s=4.0)),
    ]
    for step in steps if clip_first else reversed(steps):
        step()
    writer.stop()
    stored = store.incidents.get("i-1")
    assert stored.ending is Ending.CLEARED
    assert [piece.type.value for piece in stored.evidence] == ["raw", "marked", "clip"]
    kinds = [kind for kind, _ in events(store)]
    assert kinds == ["opened", *(["updated", "closed"] if clip_first else ["closed", "updated"])]


def test_clip_of_no_incident_is_told_and_stops_nothing(store, writer, sighting, clip):
    with capture_logs() as logs:
        writer.put_clip(clip("unknown"))
        writer.put(sighting())
        writer.stop()
    assert [line["event"] for line in logs] == ["a clip belongs to no incident", "incident"]
    assert events(store) == [("opened", ["raw", "marked"])]


def test_full_disk_is_told_once_and_nothing_is_lost(store, writer, sighting, tmp_path):
    with capture_logs() as logs:
        with without_room(tmp_path):
            for number in range(3):
                writer.put(sighting(f"i-{number}"))
                writer.put(sighting(f"i-{number}", CLOSED, 1, after_s=2.0))
            wait_until(lambda: logs)
            time.sleep(3 * incident_writer.RETRY_S)
            assert store.outbox.waiting() == ()
        writer.stop()
    told = [line["event"] for line in logs if line["event"] != "incident"]
    assert told == [
        "the store refuses an incident; trying on",
        "the store takes incidents again",
    ]
    order = [(m.incident_id, m.revision) for m in store.outbox.waiting()]
    assert order == [(f"i-{n}", revision) for n in range(3) for revision in (0, 1)]


def test_locked_database_only_delays(store, writer, sighting, tmp_path):
    with locked(tmp_path / "gridpatrol.db"):
        writer.put(sighting())
        wait_until((tmp_path / "evidence").exists)
        assert store.outbox.waiting() == ()
    writer.stop()
    assert events(store) == [("opened", ["raw", "marked"])]


def test_waiting_changes_are_bounded_and_whoever_waits_is_freed_by_the_stop(
    store, samples, sighting, tmp_path, monkeypatch
):
    monkeypatch.setattr(incident_writer, "WAITING_CHANGES", 2)
    monkeypatch.setattr(incident_writer, "STOP_S", 0.5)
    writer = IncidentWriter(store, tmp_path, samples.compose)
    writer.start()
    with capture_logs() as logs, without_room(tmp_path):
        for number in range(3):
            writer.put(sighting(f"i-{number}"))
        wait_until(lambda: logs)
        writer.hurry()
        writer.put(sighting("i-3"))
        writer.stop()
    assert logs[-1]["event"] == "changes of incidents or counts were not kept before the stop"
    assert logs[-1]["count"] == 4
    assert store.outbox.waiting() == ()


def test_stop_does_not_wait_for_a_database_that_never_answers(
    store, samples, sighting, tmp_path, monkeypatch
):
    monkeypatch.setattr(incident_writer, "STOP_S", 0.5)
    writer = IncidentWriter(store, tmp_path, samples.compose)
    writer.start()
    began = time.monotonic()
    with locked(tmp_path / "gridpatrol.db"):
        writer.put(sighting())
        writer.stop()
        assert time.monotonic() - began < 10
    wait_until(store.outbox.waiting)  # let go at last, it is written after all


def test_picture_that_cannot_be_made_costs_no_incident(store, writer, sighting):
    def broken():
        raise cv2.error("no such picture")

    writer.put(replace(sighting(), take_picture=broken))
    writer.stop()
    assert events(store) == [("opened", [])]


def test_change_that_cannot_be_written_costs_only_itself(store, samples, sighting, tmp_path):
    def compose(stored, change, at):
        if stored.incident.id == "i-odd":
            raise LookupError
        return samples.compose(stored, change, at)

    writer = IncidentWriter(store, tmp_path, compose)
    writer.start()
    for incident_id in ("i-odd", "i-1"):
        writer.put(sighting(incident_id))
    writer.stop()
    assert [m.incident_id for m in store.outbox.waiting()] == ["i-1"]


def test_interrupt_comes_after_what_was_put_before(store, writer, sighting):
    writer.put(sighting())
    writer.put(sighting("i-1", UPDATED, 1, after_s=3.0))
    writer.interrupt("gate")
    writer.stop()
    stored = store.incidents.get("i-1")
    assert stored.ending is Ending.INTERRUPTED
    assert [kind for kind, _ in events(store)] == ["opened", "updated", "closed"]


def test_counts_wait_for_a_locked_database_and_are_kept_once(store, writer, tally, tmp_path):
    with locked(tmp_path / "gridpatrol.db"):
        for count in (2, 5):
            writer.put_tallies("gate", (tally(count),))
        writer.put_tallies("gate", ())
    writer.stop()
    (interval,) = store.counts.intervals(CountFilter(TALLIED, TALLIED + timedelta(hours=1)))
    assert [row.count for row in interval.rows] == [5]


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
sys.path[:0] = [{tests!r}]
from gateway.incident_writer import IncidentWriter, Sighting
from gateway.secrets import SecretBox
from gateway.store import Store
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("samples", {tests!r} + "/conftest.py")
module = module_from_spec(spec); sys.modules["samples"] = module; spec.loader.exec_module(module)
samples, data = module.IncidentSamples(), Path({data!r})

def compose(*_):
    os.kill(os.getpid(), signal.SIGKILL)

store = Store.open(data / "gridpatrol.db", SecretBox.open(data / "secret.key"))
writer = IncidentWriter(store, data, compose)
writer.start()
take = lambda: np.full((240, 320, 3), 114, np.uint8)
writer.put(Sighting(samples.change(), samples.origin, take))
writer.stop()
"""


def test_kill_between_pictures_and_transaction_leaves_nothing_half(
    store: Store, writer, sighting, tmp_path
):
    """The pictures may lie there, the incident does not; said again, it is kept once and whole."""
    code = KILLED.format(tests=str(Path(__file__).parent), data=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], cwd=Path.cwd(), timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list((tmp_path / "evidence").rglob("*.jpg"))) == 2
    assert store.outbox.waiting() == ()
    for _ in range(2):
        writer.put(sighting())
    writer.stop()
    assert events(store) == [("opened", ["raw", "marked"])]
    for piece in store.incidents.get("i-1").evidence:
        data = (tmp_path / piece.path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == piece.sha256
    assert not list((tmp_path / "evidence").rglob("*.part"))
    assert [entry.name for entry in (tmp_path / "evidence").iterdir()] == ["gate"]
