"""Files that no row knows go; those of rows, of today and of others stay."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from gateway.recording.orphans import OURS, REMOVED, Orphans

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
DAY = "evidence/gate/2026-05-10"


@pytest.fixture
def put(tmp_path):
    """Return what writes a file some days ago."""

    def write(name: str, days: float = 10.0) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"jpeg")
        then = (NOW - timedelta(days=days)).timestamp()
        os.utime(path, (then, then))
        return name

    return write


def test_what_no_row_knows_goes_and_the_rest_stays(store, samples, tmp_path, put):
    evidence = samples.evidence("i-0")
    store.incidents.record(samples.change("i-0"), samples.origin, [evidence], samples.compose)
    kept = [
        put(evidence.path),
        put(f"{DAY}/i-1/notes.txt"),
        put(f"{DAY}/i-1/raw-2.jpg", days=1),
        put("evidence/gate/2026-05-19/i-1/raw.jpg"),
        put("patrol/2026-05-10/r-1/holiday.jpg"),
        put("secret.key"),
    ]
    gone = [
        put(f"{DAY}/i-1/raw.jpg"),
        put(f"{DAY}/i-1/photo-0123456789abcdef.jpg.part"),
        put(f"{DAY}/i-1/clip.mp4"),
        put("patrol/2026-05-10/r-1/0123456789abcdef.jpg"),
    ]
    before = REMOVED._value.get()
    orphans = Orphans(store, tmp_path, lambda: NOW)
    assert orphans.round() == len(gone)
    assert REMOVED._value.get() - before == len(gone)
    assert [name for name in kept if not (tmp_path / name).exists()] == []
    assert [name for name in gone if (tmp_path / name).exists()] == []


def test_a_link_leads_nowhere_else(store, tmp_path, put):
    target = tmp_path / put("elsewhere.jpg")
    link = tmp_path / f"{DAY}/i-1/raw.jpg"
    link.parent.mkdir(parents=True)
    link.symlink_to(target)
    assert Orphans(store, tmp_path, lambda: NOW).round() == 0
    assert target.exists()
    assert link.is_symlink()


def test_it_is_looked_once_a_day(store, tmp_path, put):
    now = [NOW]
    orphans = Orphans(store, tmp_path, lambda: now[0])
    assert orphans.round() == 0
    put(f"{DAY}/i-1/raw.jpg")
    assert orphans.round() == 0
    now[0] += timedelta(days=1)
    assert orphans.round() == 1


@pytest.mark.parametrize(
    "name", ["recordings/gate/2026-05-10/1.mp4", "evidence/a/../../x.jpg", "evidence/raw.jpg"]
)
def test_nothing_else_is_ever_touched(name):
    assert OURS.fullmatch(name) is None
