"""Recordings over the API: the calendar, films by range, a span as one film."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from gateway.audit.act import AuditAction
from gateway.store.audit_log import AuditFilter
from gateway.store.segments import Segment

FILE = bytes(range(256)) * 40
START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
"""16:00 in Shanghai."""


@pytest.fixture
def keep(store, tmp_path):
    """Return a keeper of one segment, `at_min` after START and `minutes` long; gives its id."""

    def put(at_min=0.0, minutes=5.0, *, path=None, written=FILE, **fields):
        started_at = START + timedelta(minutes=at_min)
        name = path or f"recordings/gate/2026-05-01/{at_min}.mp4"
        ended_at = started_at + timedelta(minutes=minutes)
        store.segments.add([Segment("gate", name, started_at, ended_at, 100, 7500, **fields)])
        if written is not None:
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(written)
        return store.segments.of("gate")[-1].id

    return put


def test_the_calendar_counts_seconds_by_the_hours_of_the_site(browser, keep):
    keep(-10, 20)
    keep(8 * 60 - 2, 4)
    days = browser.get("/api/recordings/gate/calendar?month=2026-05").json()["days"]
    assert [day["day"] for day in days] == ["2026-05-01", "2026-05-02"]
    assert {hour: s for hour, s in enumerate(days[0]["hours"]) if s} == {15: 600, 16: 600, 23: 120}
    assert days[1]["hours"][0] == 120
    other = "/api/recordings/{}/calendar?month={}"
    assert browser.get(other.format("road", "2026-05")).json() == {"days": []}
    assert browser.get(other.format("gate", "2026-04")).json() == {"days": []}


def test_a_day_is_the_sites_own(browser, keep):
    keep(0, codec="hevc", width=640, height=360)
    keep(8 * 60, 5)
    day = "/api/recordings/gate/segments?day=2026-05-0{}"
    (film,) = browser.get(day.format(1)).json()["segments"]
    assert film["started_at"] == "2026-05-01T08:00:00.000Z"
    assert (film["codec"], film["width"], film["height"]) == ("hevc", 640, 360)
    assert (film["pictures"], film["bytes"]) == (7500, 100)
    assert film["url"] == f"/api/recordings/segments/{film['id']}"
    assert len(browser.get(day.format(2)).json()["segments"]) == 1
    assert browser.get(day.format(3)).json() == {"segments": []}


def test_a_player_fetches_a_film_whole_or_in_parts(browser, keep, store):
    url = f"/api/recordings/segments/{keep()}"
    answer = browser.get(url)
    assert answer.content == FILE
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["cache-control"].startswith("private,")
    assert 'inline; filename="gate-20260501T080000Z.mp4"' in answer.headers["content-disposition"]
    part = browser.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, FILE[100:200])
    (told,) = store.audit.newest(AuditFilter(action=AuditAction.RECORDING_VIEWED))
    assert (told.actor, told.object) == ("admin", "camera/gate")


@pytest.mark.parametrize(
    "path",
    [
        "secret.key",
        "recordings/../secret.key",
        "/etc/hostname",
        "recordings",
        "evidence/gate/clip.mp4",
        "recordings/gone.mp4",
    ],
)
def test_a_path_that_leads_elsewhere_is_not_followed(browser, keep, refused, path):
    number = keep(path=path, written=None, set_up="1")
    refused(browser.get(f"/api/recordings/segments/{number}"), 404, "not_found")
    span = "start=2026-05-01T08:00:00Z&end=2026-05-01T08:05:00Z"
    refused(browser.get(f"/api/recordings/gate/export?{span}"), 404, "not_found")


def test_what_is_not_there_is_refused(browser, refused):
    refused(browser.get("/api/recordings/segments/1"), 404, "not_found")
    span = "start=2026-05-01T08:00:00Z&end=2026-05-01T08:05:00Z"
    refused(browser.get(f"/api/recordings/gate/span?{span}"), 404, "not_found")
    for wrong in (
        "segments/one",
        "segments/99999999999999999999",
        "gate/segments?day=yesterday",
        "gate/calendar?month=2026-13",
        "gate/span?start=2026-05-01T08:00:00&end=2026-05-01T09:00:00Z",
    ):
        refused(browser.get(f"/api/recordings/{wrong}"), 422, "bad_request")


def test_a_span_that_no_film_can_hold_names_the_moment(browser, keep, refused):
    keep(0, set_up="1", codec="h264")
    keep(5, set_up="2", codec="hevc")
    for route in ("span", "export"):
        span = "start=2026-05-01T08:00:00Z&end=2026-05-01T08:10:00Z"
        answer = browser.get(f"/api/recordings/gate/{route}?{span}")
        refused(answer, 409, "not_exportable")
        assert "2026-05-01T08:05:00.000Z" in answer.text


def test_a_span_comes_as_one_film(browser, store, coded_stream, tmp_path):
    from gateway.recording.films import finish_segment
    from gateway.recording.growing import FilmLabel, GrowingFilm
    from gateway.recording.index import row_of

    for at_s in (0, 60):
        deliveries = list(coded_stream().deliveries())
        label = FilmLabel((), "gate", START + timedelta(seconds=at_s))
        path = tmp_path / "recordings" / "gate" / f"{at_s}.mp4"
        film = GrowingFilm(label, path, deliveries[0], in_place=True)
        for delivery in deliveries:
            film.write(delivery)
        film.close()
        store.segments.add([row_of(finish_segment(film), tmp_path)])
    span = browser.get(
        "/api/recordings/gate/span",
        params={"start": "2026-05-01T16:00:00+08:00", "end": "2026-05-01T08:01:04Z"},
    ).json()
    gap = {"start": "2026-05-01T08:00:04.000Z", "end": "2026-05-01T08:01:00.000Z"}
    assert span["gaps"] == [gap]
    answer = browser.get(span["url"])
    assert 'attachment; filename="gate-20260501T080000Z.mp4"' in str(answer.headers)
    assert 0 < len(answer.content) <= span["bytes"] + 20_000
    (tmp_path / "film.mp4").write_bytes(answer.content)
    import av

    with av.open(str(tmp_path / "film.mp4")) as film:
        assert sum(1 for _ in film.decode(video=0)) == 200
        assert f"{gap['start']}/{gap['end']}" in film.metadata["comment"]
    shutil.rmtree(tmp_path / "recordings")
    assert browser.get(span["url"]).status_code == 404
    (told,) = store.audit.newest(AuditFilter(action=AuditAction.RECORDING_EXPORTED))
    assert told.detail == '{"end":"2026-05-01T08:01:04Z","start":"2026-05-01T08:00:00Z"}'


def test_only_people_who_are_signed_in_see_recordings(make_site, keep, refused):
    number = keep()
    client = make_site().client()
    for route in (
        f"segments/{number}",
        "gate/segments?day=2026-05-01",
        "gate/calendar?month=2026-05",
        "gate/span?start=2026-05-01T08:00:00Z&end=2026-05-01T08:05:00Z",
        "gate/export?start=2026-05-01T08:00:00Z&end=2026-05-01T08:05:00Z",
    ):
        refused(client.get(f"/api/recordings/{route}"), 401, "unauthenticated")
    client.close()
