"""Rain over the API: how feeds fare, the series, and the rain at an incident."""

from datetime import timedelta

import pytest

from gateway.clock import utc_now
from gateway.rain_settings import RainFeedSettings, RainSettings
from gateway.store.rain import RainSpell
from gateway.store.rain_readings import FeedState, GaugeReading
from vision.water.types import RainState

MINUTE = timedelta(minutes=1)
GAUGES = {"g1": ("东山村",), "g2": ("西山村",)}
FEED = RainFeedSettings(url="https://weather.example/", rain="rain", time="time", units=GAUGES)


@pytest.fixture
def site(make_site):
    """Return a site with two feeds in its settings, of which one was never asked."""
    return make_site(rain=RainSettings(feeds={"city": FEED, "new": FEED}))


@pytest.fixture
def measured(store, samples):
    """Keep rain from two hours before the sample incident began, and of now at one gauge."""
    opened_at, now = samples.change().incident.opened_at, utc_now()
    series = [GaugeReading("city", "g1", now - MINUTE, 2.0)]
    for gauge, minutes in (("g1", 120), ("g1", 60), ("g2", 60), ("g1", 400)):
        series.append(GaugeReading("city", gauge, opened_at - minutes * MINUTE, 8.0))
    store.rain_readings.put(series, FeedState("city", now, now, 0, "gauge g3 tells '?'"))
    for unit in ("东山村", "西山村"):
        said = RainSpell(unit, RainState.RAIN, opened_at - MINUTE, opened_at + MINUTE, "feed:city")
        store.rain.add(said)


def test_feeds_say_how_they_fare_and_what_is_stale(browser, store, measured):
    city, new = browser.get("/api/rain/feeds").json()["feeds"]
    assert (city["name"], city["is_stale"], city["failures"]) == ("city", False, 0)
    assert city["detail"] == "gauge g3 tells '?'"
    assert (new["name"], new["is_stale"], new["tried_at"]) == ("new", True, None)
    store.rain_readings.fail("city", utc_now(), "it answers 500")
    failing = browser.get("/api/rain/feeds").json()["feeds"][0]
    assert (failing["failures"], failing["detail"]) == (1, "it answers 500")
    assert failing["heard_at"] == city["heard_at"]


def test_the_rain_at_an_incident_is_that_of_its_unit(browser, store, samples, measured):
    samples.fill(store, 1)
    told = browser.get("/api/incidents/i-0/rain").json()
    assert [one["gauge"] for one in told["readings"][:2]] == ["g1", "g1"]
    assert {one["gauge"] for one in told["readings"]} == {"g1"}
    assert [one["mm_per_h"] for one in told["readings"][:2]] == [8.0, 8.0]
    assert [one["unit"] for one in told["spells"]] == ["东山村"]


def test_the_series_of_a_span(browser, samples, measured, refused):
    at = samples.change().incident.opened_at
    span = {"from": (at - 300 * MINUTE).isoformat(), "to": at.isoformat()}
    told = browser.get("/api/rain/series", params=span).json()
    assert [one["gauge"] for one in told["readings"]] == ["g1", "g1", "g2"]
    village = browser.get("/api/rain/series", params=span | {"unit": "西山村"}).json()
    assert [one["gauge"] for one in village["readings"]] == ["g2"]
    assert [one["unit"] for one in village["spells"]] == ["西山村"]
    assert len(browser.get("/api/rain/series").json()["readings"]) == 1
    backwards = {"from": span["to"], "to": span["from"]}
    refused(browser.get("/api/rain/series", params=backwards), 422, "bad_request")
    refused(browser.get("/api/incidents/i-9/rain"), 404, "not_found")
