"""Counts over the API: by the site's hours and days, as JSON and for Excel."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from gateway.store import counts
from vision.types import Kind, Tally, TallyRow

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
"""16:00 in Shanghai, half of the day's hours before it."""
QUARTER = timedelta(minutes=15)
ACCEPTS = {
    "text/csv": True,
    "text/csv, application/json;q=0.5": True,
    "text/html, text/csv": True,
    "application/json": False,
    "*/*": False,
    "application/json, text/csv": False,
    "": False,
    "nonsense;;,": False,
}
NO_QUESTIONS = (
    {"to": "2026-05-01T00:00:00+08:00"},
    {"from": "2026-05-01T00:00:00"},
    {"from": "yesterday"},
    {"bucket": "week"},
    {"place": "bridge"},
)
DAY = {"from": "2026-05-01T00:00:00+08:00", "to": "2026-05-02T00:00:00+08:00"}


@pytest.fixture
def count(store):
    """Return a keeper of a quarter of an hour's count of cars, quarters after START."""

    def put(quarter: int, cars: int, camera: str = "gate", **fields: object) -> None:
        start = START + quarter * QUARTER
        rows = (TallyRow(Kind.VEHICLE, "car", "a_to_b", cars),) if cars else ()
        known = {
            "rule": "traffic",
            "place": "bridge",
            "start": start,
            "end": start + QUARTER,
            "since": start,
            "watched_s": 900.0,
            "rows": rows,
        }
        store.counts.put(camera, [Tally(**known | fields)])

    return put


def ask(browser, path: str = "/api/counts", headers=None, **query: str):
    return browser.get(path, params=DAY | query, headers=headers)


def test_quarters_come_as_hours_of_the_site(browser, count):
    for quarter, cars in enumerate((3, 4, 0, 1, 5)):
        count(quarter, cars)
    answer = ask(browser, camera="gate").json()
    assert (answer["bucket"], answer["start"]) == ("hour", "2026-04-30T16:00:00.000Z")
    first, second = answer["counts"]
    assert first == {
        "camera": "gate",
        "rule": "traffic",
        "place": "bridge",
        "start": "2026-05-01T08:00:00.000Z",
        "end": "2026-05-01T09:00:00.000Z",
        "watched_s": 3600.0,
        "rows": [{"kind": "vehicle", "label": "car", "direction": "a_to_b", "count": 8}],
    }
    assert (second["watched_s"], second["rows"][0]["count"]) == (900.0, 5)


def test_days_begin_at_the_sites_midnight(browser, count):
    count(0, 3)
    count(8 * 4, 2)
    found = ask(browser, bucket="day", to="2026-05-03T00:00:00+08:00").json()["counts"]
    assert [(one["start"], one["rows"][0]["count"]) for one in found] == [
        ("2026-04-30T16:00:00.000Z", 3),
        ("2026-05-01T16:00:00.000Z", 2),
    ]


def test_without_times_it_is_today(browser, site, count):
    now = site.services.now()
    count(0, 7, start=now, end=now + QUARTER, since=now)
    count(0, 1, start=now - timedelta(days=2))
    answer = browser.get("/api/counts").json()
    assert [one["rows"][0]["count"] for one in answer["counts"]] == [7]
    length = datetime.fromisoformat(answer["end"]) - datetime.fromisoformat(answer["start"])
    assert length == timedelta(days=1)


def test_filters_narrow(browser, count):
    count(0, 1)
    count(0, 2, "yard")
    count(0, 3, rule="other", place=None)
    assert len(ask(browser).json()["counts"]) == 3
    (found,) = ask(browser, rule="other").json()["counts"]
    assert (found["camera"], found["place"]) == ("gate", None)
    assert [one["camera"] for one in ask(browser, camera="yard").json()["counts"]] == ["yard"]


def table(answer) -> list[list[str]]:
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_a_table_by_its_name_in_the_readers_language(browser, count):
    count(0, 3)
    chinese = ask(browser, "/api/counts.csv", {"Accept-Language": "zh-CN"})
    head, line = table(chinese)
    assert (head[0], line[6:]) == ("摄像机", ["车辆", "小汽车", "A → B", "3"])
    assert line[3] == "2026-05-01 16:00:00"
    assert chinese.headers["content-disposition"] == 'attachment; filename="counts-20260501.csv"'
    assert table(ask(browser, "/api/counts.csv", {"Accept-Language": "en"}))[0][0] == "Camera"


def test_a_table_for_whoever_accepts_it_first(browser, count):
    count(0, 3)
    for accept, is_csv in ACCEPTS.items():
        answer = ask(browser, headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/csv") is is_csv, accept
        assert "Accept" in answer.headers["vary"]


def test_a_question_that_is_none_is_refused(browser):
    for query in NO_QUESTIONS:
        for path in ("/api/counts", "/api/counts.csv"):
            answer = ask(browser, path, **query)
            assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_request")


def test_an_unknown_camera_is_not_found_and_one_without_counts_has_none(browser, gate, count):
    assert ask(browser, camera="gate").json()["counts"] == []
    refused = ask(browser, camera="nowhere")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")
    count(0, 3, "removed")
    assert len(ask(browser, camera="removed").json()["counts"]) == 1


def test_too_much_at_once_is_refused(browser, count, monkeypatch):
    monkeypatch.setattr(counts, "MOST_PARTS", 1)
    count(0, 3)
    count(1, 3)
    answer = ask(browser)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "span_too_long")


def test_nobody_reads_counts_unsigned(site):
    with site.client() as stranger:
        for path in ("/api/counts", "/api/counts.csv"):
            assert stranger.get(path).status_code == 401
