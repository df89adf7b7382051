"""gridpatrol counts: a table for people, CSV for Excel, JSON for scripts."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from gateway.secrets import SecretBox
from gateway.store import Store
from gateway.store.inventory import Camera
from vision.types import Kind, Tally, TallyRow

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
"""16:00 in Shanghai."""
SPAN = ("--from", "2026-05-01", "--to", "2026-05-02")


@pytest.fixture
def counted(data_dir):
    """Two quarters of an hour of cars at the camera "gate"; "yard" counts nothing."""
    data_dir.mkdir(parents=True)
    with Store.open(data_dir / "gridpatrol.db", SecretBox.open(data_dir / "secret.key")) as store:
        for name in ("gate", "yard"):
            store.inventory.add(Camera(name, name))
        for quarter in (0, 4):
            start = START + quarter * timedelta(minutes=15)
            rows = (TallyRow(Kind.VEHICLE, "car", "a_to_b", 3 + quarter),)
            end = start + timedelta(minutes=15)
            tally = Tally("traffic", "bridge", start, end, start, 880.0, rows)
            store.counts.put("gate", [tally])


def test_hours_and_days_are_told(gridpatrol, counted):
    lines = gridpatrol("counts", "gate", *SPAN).out.splitlines()
    assert [line.split()[-1] for line in lines] == ["count", "3", "7"]
    assert "2026-05-01 16:00:00" in lines[1]
    (day,) = gridpatrol("counts", "gate", *SPAN, "--by", "day", "--json").objects
    assert (day["start"], day["watched_s"]) == ("2026-04-30T16:00:00.000Z", 1760.0)
    assert day["rows"] == [{"kind": "vehicle", "label": "car", "direction": "a_to_b", "count": 10}]


def test_a_table_for_excel_is_all_of_the_output(gridpatrol, counted):
    out = gridpatrol("counts", "gate", *SPAN, "--csv").out
    assert out.startswith("\ufeff")
    head, *lines = csv.reader(io.StringIO(out.removeprefix("\ufeff"), newline=""))
    assert (head[0], [line[-1] for line in lines]) == ("摄像机", ["3", "7"])


def test_where_nothing_was_counted_that_is_said(gridpatrol, counted):
    for words in (("gate",), ("yard",), ("gate", *SPAN, "--rule", "other")):
        outcome = gridpatrol("counts", *words)
        assert (outcome.exit_code, outcome.out) == (0, "")
        assert "Nothing was counted" in outcome.err


def test_what_cannot_be_told_is_one_sentence(refused, counted):
    assert "nowhere" in refused(13, "counts", "nowhere")
    assert "no time" in refused(3, "counts", "gate", "--from", "yesterday")
    assert "not after" in refused(3, "counts", "gate", "--from", "2026-05-02", "--to", "2026-05-01")
