"""Rounds over the API: walked stop by stop, skipped, missed, reported, handed over."""

import hashlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.config import SiteSettings
from gateway.dispatch.message import MessageWriter
from gateway.errors import NoPictureError, WorkerUnreachableError
from gateway.patrol_file import PlanBody
from gateway.patrol_watch import PatrolWatch, Terms
from gateway.store.incident_list import IncidentFilter

ZONE = ZoneInfo("Asia/Shanghai")
EIGHT = datetime(2026, 7, 1, 8, tzinfo=ZONE).astimezone(UTC)
MINUTE = timedelta(minutes=1)
PLAN = PlanBody.model_validate(
    {
        "rota": [
            {"shift": "早班", "starts": "07:00", "ends": "19:00", "crews": [["张三"], ["李四"]]}
        ],
        "routes": [
            {
                "id": "village",
                "name": "早晚巡",
                "unit": "东山村",
                "at": ["08:00", "20:00"],
                "stops": [
                    {"camera": "gate", "dwell_s": 5, "name": "村口"},
                    {"camera": "gate", "preset": "2", "colour": "yellow"},
                ],
            }
        ],
    }
)


class Clock:
    def __init__(self) -> None:
        self.now = EIGHT - MINUTE

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(make_site, clock):
    return make_site(now=clock, site=SiteSettings(name="东山村", time_zone="Asia/Shanghai"))


@pytest.fixture
def turned_home():
    """Cameras that were asked to go home, in order; the first time nobody answers."""
    return []


@pytest.fixture
def begin_watch(site, clock, turned_home):
    """Return what watches anew, as a product does that begins."""

    async def turn_home(camera):
        turned_home.append(camera)
        if len(turned_home) == 1:
            raise WorkerUnreachableError("The worker does not answer.")

    terms = Terms(site.services.data_dir, ZONE, timedelta(days=30), "0.1.0")
    return lambda: PatrolWatch(site.store, terms, MessageWriter("s"), turn_home, clock)


@pytest.fixture
def watch(begin_watch):
    return begin_watch()


@pytest.fixture
def planned(site, browser, gate, clock):
    """Have a plan from a minute before the first round, and be a minute into it."""
    answer = browser.put("/api/patrol/plan", json=PLAN.model_dump(mode="json"))
    assert answer.status_code == 200, answer.text
    clock.now = EIGHT + MINUTE
    return site


@pytest.fixture
def due(planned, browser):
    first, second = browser.get("/api/patrol/day").json()["rounds"]
    assert (first["standing"], second["standing"]) == ("due", "coming")
    return f"/api/patrol/rounds/{first['id']}"


def stop(browser, due, clock, name, **seen):
    assert browser.post(f"{due}/arrivals", json={"stop": name}).status_code == 200
    clock.now += timedelta(seconds=6)
    return browser.post(f"{due}/checkins", json={"stop": name, **seen})


def test_a_round_is_walked_with_a_picture_at_every_stop(site, browser, due, clock, worker):
    worker.picture = b"\xff\xd8 of the gate"
    first = stop(browser, due, clock, "gate", verdict="normal").json()
    assert (first["standing"], first["stops"][0]["verdict"]) == ("due", "normal")
    assert browser.get(f"{due}/pictures/0.jpg").content == worker.picture
    assert first["stops"][0]["sha256"] == hashlib.sha256(worker.picture).hexdigest()
    assert browser.get(f"{due}/pictures/1.jpg").status_code == 404
    told = {"verdict": "finding", "kind": "rubbish", "note": "垃圾满了"}
    done = stop(browser, due, clock, "gate@2", **told).json()
    assert (done["standing"], done["by"]) == ("done", "admin")
    incident = browser.get(f"/api/incidents/{done['stops'][1]['incident']}").json()
    assert (incident["kind"], incident["camera"]["id"]) == ("rubbish", "gate")
    assert incident["finding"]["source"] == "round"
    assert incident["finding"]["round"] == done["id"]
    assert incident["evidence"][0]["sha256"] == done["stops"][1]["sha256"]
    # the second round of the day leaves the yellow point out
    clock.now = EIGHT + timedelta(hours=12)
    evening = browser.get("/api/patrol/day").json()["rounds"][1]
    assert [one["id"] for one in evening["stops"]] == ["gate"]


def test_a_stop_is_looked_at_for_as_long_as_the_plan_says(browser, due, refused):
    check = {"stop": "gate", "verdict": "normal"}
    refused(browser.post(f"{due}/checkins", json=check), 409, "round_refused")
    browser.post(f"{due}/arrivals", json={"stop": "gate"})
    why = refused(browser.post(f"{due}/checkins", json=check), 409, "round_refused")
    assert "look at gate for 5 s more" in why
    refused(browser.post(f"{due}/arrivals", json={"stop": "x"}), 404, "not_found")


def test_what_cannot_be_seen_is_not_normal(browser, due, clock, worker, refused):
    worker.refusal = NoPictureError("none")
    refused(stop(browser, due, clock, "gate", verdict="normal"), 409, "round_refused")
    blind = stop(browser, due, clock, "gate", verdict="unseen")
    assert blind.json()["stops"][0]["verdict"] == "unseen"
    assert blind.json()["stops"][0]["has_picture"] is False
    refused(browser.post(f"{due}/arrivals", json={"stop": "gate"}), 409, "round_refused")


async def test_a_missed_round_sends_the_camera_home_that_it_left_turned(
    site, browser, due, clock, watch, turned_home
):
    browser.post(f"{due}/arrivals", json={"stop": "gate@2"})
    await watch.turn_home()
    assert turned_home == []
    clock.now = EIGHT + 121 * MINUTE
    await watch.turn_home()  # nobody answers
    watch.look()
    await watch.turn_home()
    await watch.turn_home()
    assert turned_home == ["gate", "gate"]


async def test_a_camera_that_did_not_answer_is_asked_again_by_a_product_that_begins_anew(
    site, browser, due, clock, watch, begin_watch, turned_home
):
    browser.post(f"{due}/arrivals", json={"stop": "gate@2"})
    clock.now = EIGHT + 121 * MINUTE
    await watch.turn_home()  # nobody answers
    watch.look()
    clock.now += 20 * MINUTE
    again = begin_watch()
    await again.turn_home()
    await again.turn_home()
    assert turned_home == ["gate", "gate"]
    clock.now += 20 * MINUTE
    await begin_watch().turn_home()
    assert turned_home == ["gate", "gate"], "by now somebody may have turned it elsewhere"


async def test_a_product_that_was_away_when_a_round_was_missed_does_it_then(
    site, browser, due, clock, watch, turned_home
):
    browser.post(f"{due}/arrivals", json={"stop": "gate@2"})
    clock.now = EIGHT + timedelta(days=1)
    turned_home.append("another")
    await watch.turn_home()
    assert turned_home == ["another", "gate"]


def test_a_missed_round_is_an_incident_until_one_is_done(site, browser, due, clock, watch, refused):
    def told():
        page = site.store.incident_list.page(IncidentFilter(kind="round_missed"))
        return [
            (one.incident.severity, one.incident.readings["standing"]) for one in page.incidents
        ]

    watch.look()
    assert told() == []
    clock.now = EIGHT + 31 * MINUTE
    watch.look()
    assert told() == [("green", "overdue")]
    clock.now = EIGHT + 121 * MINUTE
    watch.look()
    watch.look()
    assert told() == [("yellow", "missed")]
    refused(browser.post(f"{due}/skip", json={"reason": "too late"}), 409, "round_refused")
    clock.now = EIGHT + timedelta(days=2, hours=12, minutes=1)
    watch.look()
    assert told() == [("red", "missed")]
    kept = site.store.patrol.rounds(EIGHT, clock.now)
    assert [one.outcome for one in kept] == ["missed"] * 5 + [None]
    last = f"/api/patrol/rounds/{kept[-1].round.id}"
    assert stop(browser, last, clock, "gate", verdict="normal").json()["standing"] == "done"
    watch.look()
    (page,) = site.store.incident_list.page(IncidentFilter(kind="round_missed")).incidents
    assert page.incident.closed_at == clock.now
    file = site.store.cases.get(page.incident.id)
    assert (file.case.severity, file.trail[0].deed.actor.party) == ("red", "policy")


def test_a_skipped_round_says_why_and_is_reported(site, browser, due, watch):
    skipped = browser.post(f"{due}/skip", json={"reason": "=断电"}).json()
    assert (skipped["standing"], skipped["by"], skipped["note"]) == ("skipped", "admin", "=断电")
    watch.look()
    (told,) = site.store.incident_list.page(IncidentFilter(kind="round_missed")).incidents
    assert (told.incident.severity, told.incident.readings["standing"]) == ("green", "skipped")
    table = browser.get("/api/patrol/rounds.csv", headers={"Accept-Language": "zh-CN"}).text
    assert "早晚巡,东山村,2026-07-01 08:00:00,已跳过" in table
    assert "'=断电" in table
    book = browser.get("/api/patrol/rounds.xlsx")
    assert book.content.startswith(b"PK")
    assert (
        browser.get("/api/patrol/rounds.csv?since=2026-07-02&until=2026-07-01").status_code == 422
    )


def test_a_new_plan_changes_no_round_that_was_due(site, browser, due, clock):
    other = PLAN.model_dump(mode="json")
    other["routes"][0]["stops"] = [{"camera": "gate", "id": "only"}]
    clock.now = EIGHT + timedelta(hours=13)
    assert browser.put("/api/patrol/plan", json=other).status_code == 200
    day = browser.get("/api/patrol/day").json()["rounds"]
    assert [[one["id"] for one in each["stops"]] for each in day] == [["gate", "gate@2"], ["gate"]]
    tomorrow = browser.get("/api/patrol/day?day=2026-07-02").json()
    assert [one["stops"][0]["id"] for one in tomorrow["rounds"]] == ["only", "only"]
    assert [one["people"] for one in tomorrow["duties"]] != browser.get("/api/patrol/day").json()[
        "duties"
    ][0]["people"]


def test_only_administrators_plan_and_only_with_cameras_there_are(site, operator, gate, refused):
    plan = PLAN.model_dump(mode="json")
    refused(operator.put("/api/patrol/plan", json=plan), 403, "forbidden")
    assert operator.get("/api/patrol/plan").json() == {"plan": None, "at": None, "by": ""}
    assert operator.get("/api/patrol/day").json()["rounds"] == []


def test_a_round_of_yesterday_evening_may_still_be_done_after_midnight(browser, gate, clock):
    late = PLAN.model_dump(mode="json")
    late["routes"][0]["at"] = ["23:50"]
    assert browser.put("/api/patrol/plan", json=late).status_code == 200
    clock.now = EIGHT + timedelta(hours=16, minutes=20)
    first, second = browser.get("/api/patrol/day").json()["rounds"]
    assert [(one["due_at"][:16], one["standing"]) for one in (first, second)] == [
        ("2026-07-01T15:50", "due"),
        ("2026-07-02T15:50", "coming"),
    ]


def test_a_note_goes_from_one_shift_to_the_next(browser, refused):
    left = browser.post("/api/patrol/handovers", json={"text": "东门灯坏", "shift": "早班"}).json()
    taken = browser.post(f"/api/patrol/handovers/{left['id']}/taken").json()
    assert (taken["taken_by"], taken["text"]) == ("admin", "东门灯坏")
    assert browser.get("/api/patrol/handovers").json()["handovers"] == [taken]
    refused(browser.post("/api/patrol/handovers/999/taken"), 404, "not_found")


def test_pictures_go_when_their_time_is_up_and_hashes_stay(site, browser, due, clock, watch):
    stop(browser, due, clock, "gate", verdict="normal")
    assert len(list((site.services.data_dir / "patrol").rglob("*.jpg"))) == 1
    clock.now += timedelta(days=31)
    watch.look()
    assert not list((site.services.data_dir / "patrol").rglob("*.jpg"))
    (kept,) = site.store.patrol.rounds(EIGHT, EIGHT + MINUTE)
    assert kept.checkins["gate"].proof.sha256
    assert browser.get(f"{due}/pictures/0.jpg").status_code in {401, 404}
