"""What is deleted, in which order, and what is never."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from gateway.audit.act import SYSTEM
from gateway.config import RecordingSettings
from gateway.dispatch.case_message import CaseWriter
from gateway.errors import StorageError
from gateway.recording.retention import GB, Deleted, Retention, RetentionThread
from gateway.retention_settings import RetentionSettings
from gateway.store.audit_log import AuditFilter
from gateway.store.counts import CountFilter
from gateway.store.segments import Segment
from gateway.store.tables import incidents as incident_rows
from gateway.workflow.case import Action, Actor, Deed, FalseAlarm, Party
from vision.types import ChangeType, Tally

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
ROOMY = RecordingSettings(
    keep_days=1000, max_gb=0, evidence_keep_days=1000, evidence_max_gb=0, min_free_mb=0
)


@pytest.fixture
def retention(store, tmp_path):
    def make(free=lambda _path: 1 << 50, terms=None, **changes) -> Retention:
        settings = ROOMY.model_copy(update=changes)
        return Retention(store, tmp_path, settings, terms, free, lambda: NOW)

    return make


@pytest.fixture
def recorded(store, tmp_path):
    """Recordings of an hour each, one a day for ten days up to now, a byte long; the oldest first.

    The index says they are a GB each.
    """
    segments = []
    for days in range(10, 0, -1):
        started_at = NOW - timedelta(days=days)
        path = f"recordings/gate/{started_at:%Y-%m-%d}/120000-000.mp4"
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes(b"1")
        segments.append(Segment("gate", path, started_at, started_at + timedelta(hours=1), GB, 1))
    store.segments.add(segments)
    return [segment.path for segment in segments]


@pytest.fixture
def incidents(store, samples, tmp_path):
    """Six incidents with a picture of a GB each; number five is open."""
    paths = []
    for number in range(6):
        name, piece = f"i-{number}", samples.evidence(f"i-{number}")
        path = f"evidence/gate/2026-05-0{number + 1}/{name}/raw.jpg"
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes(b"1")
        piece = replace(piece, path=path, size_bytes=GB)
        store.incidents.record(samples.change(name), samples.origin, [piece], samples.compose)
        if number != 5:
            after_s = 86400.0 * number
            close = samples.change(name, ChangeType.CLOSED, 1, after_s=after_s)
            store.incidents.record(close, samples.origin, (), samples.compose)
        paths.append(path)
    return paths


def left(store) -> list[str]:
    return [segment.path for segment in store.segments.of("gate")]


def files(tmp_path: Path, kind: str) -> list[str]:
    found = (path for path in (tmp_path / kind).rglob("*") if path.is_file())
    return sorted(path.relative_to(tmp_path).as_posix() for path in found)


def test_with_room_for_all_nothing_goes(store, retention, recorded, incidents, tmp_path):
    assert retention().round() == Deleted(0, 0, 0)
    assert files(tmp_path, "recordings") == left(store) == recorded


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"keep_days": 9.5}, 1),
        ({"keep_days": 3.5}, 7),
        ({"max_gb": 4}, 6),
        ({"max_gb": 9.5}, 1),
        ({"keep_days": 9.5, "max_gb": 5}, 5),
        ({"max_gb": 0.001}, 10),
    ],
)
def test_recordings_go_by_age_and_size_the_oldest_first(
    store, retention, recorded, incidents, tmp_path, changes, gone
):
    assert retention(**changes).round() == Deleted(0, gone, 0)
    assert files(tmp_path, "recordings") == left(store) == recorded[gone:]
    assert files(tmp_path, "evidence") == incidents
    assert retention(**changes).round() == Deleted(0, 0, 0)


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"evidence_max_gb": 3}, 3),
        ({"evidence_max_gb": 0.5}, 5),
    ],
)
def test_evidence_has_a_quota_of_its_own_and_none_of_an_open_incident_goes(
    store, retention, recorded, incidents, tmp_path, changes, gone
):
    assert retention(**changes).round() == Deleted(0, 0, gone)
    assert files(tmp_path, "evidence") == incidents[gone:]
    assert left(store) == recorded
    told = [store.incidents.get(f"i-{n}").evidence[0].deleted_at for n in range(6)]
    assert told == [NOW] * gone + [None] * (6 - gone)
    assert retention(**changes).round() == Deleted(0, 0, 0)


def test_empty_days_go_but_not_where_somebody_may_write(retention, recorded, tmp_path):
    retention(max_gb=0.001).round()
    days = sorted(path.name for path in (tmp_path / "recordings" / "gate").iterdir())
    assert days == ["2026-05-18", "2026-05-19"]


def test_a_disk_nearly_full_costs_recordings_only_until_there_is_room(
    store, retention, recorded, incidents, tmp_path
):
    def free(_path: Path) -> int:
        return (95 + 10 - len(files(tmp_path, "recordings"))) << 20

    assert retention(free, min_free_mb=100).round() == Deleted(5, 0, 0)
    assert left(store) == recorded[5:]
    assert files(tmp_path, "evidence") == incidents


def test_a_file_that_is_gone_already_only_loses_its_row(store, retention, recorded, tmp_path):
    (tmp_path / recorded[0]).unlink()
    assert retention(keep_days=8.5).round() == Deleted(0, 2, 0)
    assert left(store) == recorded[2:]


def test_a_file_that_cannot_be_deleted_keeps_its_row_and_costs_no_other(
    store, retention, recorded, tmp_path
):
    (tmp_path / recorded[0]).unlink()
    (tmp_path / recorded[0]).mkdir()
    assert retention(max_gb=8).round() == Deleted(0, 1, 0)
    assert left(store) == [recorded[0], *recorded[2:]]


def test_old_counts_go_and_newer_stay(store, retention):
    for days in (400, 20, 1):
        start = NOW - timedelta(days=days)
        end = start + timedelta(minutes=15)
        store.counts.put("gate", [Tally("traffic", None, start, end, start, 900.0, ())])
    assert retention(counts_keep_days=30).round() == Deleted(0, 0, 0, counts=1)
    kept = store.counts.intervals(CountFilter(NOW - timedelta(days=1000), NOW))
    assert [(NOW - one.start).days for one in kept] == [20, 1]


def test_its_thread_goes_on_after_a_fault_and_says_so_once(store, retention, monkeypatch):
    monkeypatch.setattr("gateway.recording.retention.ROUND_S", 0.01)
    rounds, done = [], threading.Event()

    class Flaky:
        def round(self) -> Deleted:
            rounds.append(len(rounds))
            if len(rounds) < 3:
                raise StorageError("locked")
            done.set()
            return Deleted(1, 2, 3)

    with capture_logs() as logs, RetentionThread(Flaky()):
        assert done.wait(10)
    assert [line["log_level"] for line in logs][:3] == ["error", "warning", "info"]
    assert "retention" not in {thread.name for thread in threading.enumerate()}


@pytest.fixture
def judged(store, incidents):
    """Close the cases of the six incidents but the last two, each in its own way; return paths."""
    compose, li = CaseWriter("dongshan"), Actor(Party.OPERATOR, "li")
    for number, closing in enumerate(
        (
            Deed(Action.DISMISS, li, NOW - timedelta(days=10), reason=FalseAlarm.ANIMAL),
            Deed(Action.RECORD, li, NOW - timedelta(days=20)),
            Deed(Action.RECORD, li, NOW - timedelta(days=9)),
            Deed(Action.RECORD, li, NOW - timedelta(days=8)),
        )
    ):
        store.cases.take(f"i-{number}", closing, 0, compose)
    with store._database.write() as connection:
        for number, severity in enumerate(("red", "red", "yellow", "green", "green", "red")):
            its = incident_rows.c.id == f"i-{number}"
            connection.execute(update(incident_rows).where(its).values(severity=severity))
    return incidents


@pytest.mark.parametrize(
    ("terms", "gone"),
    [
        ({}, []),
        ({"false_alarm_days": 9.0}, [0]),
        ({"false_alarm_days": None, "red_days": 30.0}, []),
        ({"red_days": 17.0}, [1]),
        ({"yellow_days": 8.5}, [2]),
        ({"green_days": 7.0}, [3]),
        ({"open_days": 1.0}, [4]),
        ({"false_alarm_days": 1.0, "red_days": 1.0, "open_days": 1.0}, [0, 1, 4]),
    ],
)
def test_evidence_goes_by_what_became_of_its_case_and_never_while_the_incident_goes_on(
    retention, judged, tmp_path, terms, gone
):
    deleted = retention(terms=RetentionSettings(**terms)).round()
    assert deleted == Deleted(0, 0, len(gone))
    left_over = [path for number, path in enumerate(judged) if number not in gone]
    assert files(tmp_path, "evidence") == left_over


@pytest.mark.parametrize(("quota", "kept"), [(5, 5), (4, 4), (2, 2), (0.5, 1)])
def test_beyond_the_quota_false_alarms_go_first_and_open_cases_last(
    retention, judged, tmp_path, quota, kept
):
    retention(evidence_max_gb=quota, terms=RetentionSettings(false_alarm_days=None)).round()
    order = [judged[number] for number in (0, 1, 2, 3, 4, 5)]
    assert files(tmp_path, "evidence") == sorted(order[6 - kept :])


def test_what_is_held_stays_with_its_recordings_until_it_is_released(
    store, retention, judged, samples, tmp_path
):
    camera = samples.change("i-1").incident
    span = Segment(
        "gate",
        "recordings/gate/held.mp4",
        camera.opened_at - timedelta(minutes=9),
        camera.opened_at - timedelta(minutes=8),
        GB,
        1,
    )
    store.segments.add([span])
    (tmp_path / "recordings").mkdir()
    (tmp_path / span.path).parent.mkdir()
    (tmp_path / span.path).write_bytes(b"1")
    store.acting_as("wu").holds.place("i-1", "县公安局 2026-17", NOW)
    terms = RetentionSettings(red_days=1.0, false_alarm_days=1.0)
    everything = {"terms": terms, "evidence_max_gb": 0.001, "keep_days": 0.1, "min_free_mb": 1}
    retention(lambda _path: 0, **everything).round()
    assert files(tmp_path, "evidence") == [judged[1], judged[5]]
    assert left(store) == [span.path]
    store.holds.release("i-1", "closed by the court", NOW)
    assert retention(**everything).round() == Deleted(0, 1, 1)
    assert files(tmp_path, "evidence") == [judged[5]]


def test_what_goes_is_told_in_the_audit_log(store, retention, judged, recorded):
    retention(keep_days=8.5, terms=RetentionSettings(false_alarm_days=1.0)).round()
    told = {
        one.object: json.loads(one.detail)
        for one in store.audit.newest(AuditFilter(actor=SYSTEM))
        if one.action.endswith("_deleted")
    }
    assert told == {
        "recordings": {
            "files": 2,
            "bytes": 2 * GB,
            "cameras": 1,
            "start": "2026-05-10T12:00:00.000Z",
            "end": "2026-05-11T13:00:00.000Z",
            "why": "age or size",
        },
        "case/i-0": {"files": 1, "bytes": GB, "why": "age"},
    }


def test_evidence_that_the_disk_keeps_is_gone_by_its_row_and_tried_again(
    store, retention, judged, tmp_path
):
    stuck = tmp_path / judged[0]
    stuck.unlink()
    stuck.mkdir()
    keeper = retention(terms=RetentionSettings(false_alarm_days=1.0))
    with capture_logs() as logs:
        assert keeper.round().evidence == 1
        assert keeper.round().evidence == 0
    assert len([line for line in logs if "cannot be deleted" in line["event"]]) == 1
    assert store.incidents.get("i-0").evidence[0].deleted_at == NOW
    assert store.removals.waiting(9) == (judged[0],)
    stuck.rmdir()
    stuck.write_bytes(b"1")
    keeper.round()
    assert (store.removals.waiting(9), stuck.exists()) == ((), False)
