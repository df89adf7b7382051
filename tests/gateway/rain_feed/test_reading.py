"""Answers of weather services and gauges, as they come and as they go wrong."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.errors import RainFeedError
from gateway.rain_feed.reading import FeedReader
from gateway.rain_settings import RainFeedSettings

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
URL = "https://weather.example/v1"
LIST = {
    "url": URL,
    "gauges": "data.stations",
    "name": "id",
    "rain": "rain.value",
    "time": "obs",
    "rain_unit": "mm",
    "interval_s": 600,
}


def read(document, **settings: object):
    feed = RainFeedSettings(**{"url": URL, "rain": "rain", "time": "time"} | settings)
    return FeedReader("city", feed, SHANGHAI).read(document, NOW)


def station(name: object = "g1", rain: object = 0.5, obs: object = "2026-07-01 15:50:00"):
    return {"id": name, "rain": {"value": rain}, "obs": obs}


@pytest.mark.parametrize(
    ("time", "settings"),
    [
        ("2026-07-01T07:50:00Z", {}),
        ("2026-07-01T15:50:00+08:00", {}),
        ("2026-07-01 15:50", {}),
        ("2026-07-01 09:50", {"time_zone": "Europe/Berlin"}),
        (1782892200, {"time_format": "unix"}),
        ("1782892200", {"time_format": "unix"}),
        (1782892200000, {"time_format": "unix_ms"}),
        ("202607011550", {"time_format": "%Y%m%d%H%M"}),
        (202607011550, {"time_format": "%Y%m%d%H%M"}),
    ],
)
def test_times_of_every_form_and_zone(time, settings) -> None:
    (reading,) = read({"rain": 1, "time": time}, **settings).readings
    assert reading.at == datetime(2026, 7, 1, 7, 50, tzinfo=UTC)
    assert (reading.feed, reading.gauge, reading.mm_per_h) == ("city", "city", 1.0)


def test_several_gauges_of_which_some_cannot_be_understood() -> None:
    stations = [
        station("g1", "0.5"),
        station("g2", None),
        station("g3", -9999),
        station("g4", "trace"),
        station("g5", rain=True),
        station("g6", 0.1, "yesterday"),
        station("g7", 0.1, "2026-07-01 16:30:00"),
        station("g8", float("nan")),
        {"id": "g9"},
        "nonsense",
        station("g10", 0),
    ]
    heard = read({"data": {"stations": stations}}, **LIST)
    assert [(one.gauge, one.mm_per_h) for one in heard.readings] == [("g1", 3.0), ("g10", 0.0)]
    assert len(heard.mistakes) == 9
    assert heard.mistakes[1] == "gauge g3 tells -9999, which no rain ever was"
    assert heard.mistakes[5] == "gauge g7 measured at 2026-07-01 08:30 UTC, which is to come"
    assert heard.mistakes[8] == "id: the answer (no object) has no 'id'"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"data": {"stations": []}}, "it tells of no gauge"),
        ({"data": {"stations": {}}}, "has no list at data.stations"),
        ({"data": None}, "data (no object) has no 'stations'"),
        ([], "the answer (a list of 0) has no 'data'"),
        ({"data": {"stations": [station(rain="?")]}}, "gauge g1 tells '?', which is no number"),
        ({"data": {"stations": [station("x" * 81)]}}, "give 1 to 80 characters"),
    ],
)
def test_what_is_no_answer_is_refused_with_the_reason(document, said) -> None:
    with pytest.raises(RainFeedError, match="the rain feed city") as refused:
        read(document, **LIST)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://x/"},
        {"url": "https://user:secret@x/"},
        {"url": "https://x/?key=1"},
        {"rain": "a..b"},
        {"gauges": "data"},
        {"time_zone": "Shanghai"},
        {"every_s": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong) -> None:
    with pytest.raises(ValueError, match="validation error"):
        RainFeedSettings(**{"url": URL, "rain": "rain", "time": "time"} | wrong)
