"""Water over the API: set up, how it stands and went, what is only wet, and rain."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import BusyError, GroundUnseenError, NoPictureError, NotFoundError
from gateway.store.audit_log import AuditFilter
from gateway.store.water import Loss, LostStates, StoredWater
from gateway.worker_api import WorkerStatus, create_worker_app
from gateway.worker_water_api import (
    LookFacts,
    ReferenceFacts,
    Teaching,
    TrainingFacts,
    TrainingRun,
)
from vision.water.eye_trial import EyeFigures
from vision.water.types import Passability, RainState, Unseen, WaterState

WATER = "/api/cameras/gate/water"
SETUP = {"type": "underpass", "zones": [{"id": "low", "polygon": [[0, 0.5], [1, 0.5], [1, 1]]}]}
AT = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


@dataclass
class WateryWorker:
    """A worker of one camera that answers for its water only."""

    refusal: Exception | None = None
    known: dict[str, ReferenceFacts] = field(default_factory=dict)
    reloads: int = 0
    teaching: Teaching = field(default_factory=lambda: Teaching(None, None))

    async def only_wet(self, camera):
        self._check(camera)
        name = f"day-{len(self.known) + 1}"
        fact = ReferenceFacts(name, "wet", infrared=False, made_at=AT, seen_at=AT, looks=1,
                              taught=True)  # fmt: skip
        return self.known.setdefault(name, fact)

    async def water_references(self, camera):
        self._check(camera)
        return tuple(self.known.values())

    async def water_reference_jpeg(self, camera, reference):
        self._check(camera, reference)
        return b"\xff\xd8 a state"

    async def forget_water_reference(self, camera, reference):
        self._check(camera, reference)
        del self.known[reference]

    async def water_look(self, camera):
        self._check(camera)
        return LookFacts(
            AT, None, 0.2, 12.0, 2.0, "day-1", {"loss": 0.3}, (((0.0, 0.0), (0.5, 0.1)),)
        )

    async def water_look_jpeg(self, camera):
        self._check(camera)
        return b"\xff\xd8 a look"

    async def water_training(self, camera):
        self._check(camera)
        return self.teaching

    async def teach_water(self, camera):
        self._check(camera)
        self.teaching = Teaching(self.teaching.last, TrainingRun(AT, 0.0, ""))

    async def status(self):
        return WorkerStatus("0/1", ("gate",), ())

    async def reload(self):
        self.reloads += 1

    def _check(self, camera, reference=None):
        if self.refusal is not None:
            raise self.refusal
        if camera != "gate" or (reference and reference not in self.known):
            raise NotFoundError(f"there is no {reference or camera} here")


@pytest.fixture
def worker() -> WateryWorker:
    return WateryWorker()


@pytest.fixture
def watery(store, camera, reports, running, worker):
    """Put the camera "gate" to work behind a real port; its rain is reported to 东山村."""
    store.inventory.add(camera)
    with running(create_worker_app(worker, "a worker's token")) as url:
        store.camera_states.put([reports.online("gate", url)])
        yield worker


def test_a_setup_is_kept_as_it_was_said_and_taken_away(browser, watery, store, refused):
    refused(browser.get(WATER), 404, "not_found")
    answer = browser.put(WATER, json=SETUP)
    assert answer.status_code == 200, answer.text
    assert answer.json()["zones"][0]["polygon"] == [[0.0, 0.5], [1.0, 0.5], [1.0, 1.0]]
    assert browser.get(WATER).json() == answer.json()
    assert store.inventory.get("gate").water.startswith('{"type":"underpass"')
    assert browser.get("/api/cameras/gate").json()["watches_water"] is True
    assert browser.delete(WATER).status_code == 204
    refused(browser.get(WATER), 404, "not_found")
    refused(browser.put("/api/cameras/none/water", json=SETUP), 404, "not_found")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "rode"}, "type: "),
        ({"zones": []}, "zones: at least one zone"),
        ({"lines": {"watch_cm": 11}}, "lines: watch, yellow and red must rise in cm"),
        ({"lines": {"red_cm": "25"}}, "lines.red_cm: "),
        ({"marks": [{"id": "m", "foot": [0, 0], "top": [0, 1], "height_cm": 3}]}, "marks.0.top: "),
        ({"zone": 1}, "zone: "),
    ],
)
def test_a_mistake_is_told_with_its_place(browser, watery, store, refused, change, words):
    answer = browser.put(WATER, json=SETUP | change)
    refused(answer, 422, "bad_request")
    assert words in answer.json()["error"]["message"]
    assert store.inventory.get("gate").water == ""


def test_how_the_water_stands_and_went(browser, watery, store):
    browser.put(WATER, json=SETUP)
    now = datetime.now(UTC)
    deep = StoredWater(
        "gate", now, WaterState.YELLOW, Passability.SLOW, now, reason="depth",
        area_ratio=0.3, depth_cm=12.0, error_cm=2.0, level_by="mark", rain=RainState.RAIN,
    )  # fmt: skip
    blind = StoredWater(
        "gate", now + timedelta(seconds=10), WaterState.YELLOW, None, now, Unseen.HAZE, now,
        lost=LostStates(Loss.MISSING, now),
    )  # fmt: skip
    store.water.put([deep])
    said = browser.get("/api/cameras/gate").json()["water"]
    assert (said["state"], said["passability"], said["depth_cm"]) == ("yellow", "slow", 12.0)
    assert (said["rain"], said["unseen"]) == ("rain", None)
    assert said["lost"] is None
    store.water.put([blind])
    (listed,) = browser.get("/api/cameras").json()["cameras"]
    assert (listed["water"]["unseen"], listed["water"]["passability"]) == ("haze", None)
    assert listed["water"]["lost"]["how"] == "missing"
    assert listed["water"]["lost"]["at"].startswith(now.strftime("%Y-%m-%dT%H:%M"))
    course = browser.get(f"{WATER}/course").json()["moments"]
    assert [(one["state"], one["unseen"]) for one in course] == [
        ("yellow", None),
        ("yellow", "haze"),
    ]
    assert browser.get(f"{WATER}/course?hours=0").status_code == 422
    browser.delete(WATER)
    assert browser.get("/api/cameras/gate").json()["water"] is None


def test_what_is_only_wet_becomes_a_state_that_can_be_seen_and_dropped(browser, watery, refused):
    state = browser.post(f"{WATER}/only-wet").json()
    assert (state["id"], state["kind"], state["taught"]) == ("day-1", "wet", True)
    assert browser.get(f"{WATER}/references").json() == {"references": [state]}
    picture = browser.get(f"{WATER}/references/day-1/picture.jpg")
    assert (picture.headers["content-type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert browser.delete(f"{WATER}/references/day-1").status_code == 204
    refused(browser.delete(f"{WATER}/references/day-1"), 404, "not_found")
    watery.refusal = NoPictureError("camera gate has not looked at the water yet")
    refused(browser.post(f"{WATER}/only-wet"), 404, "no_picture")


def test_ground_that_is_not_seen_is_refused_with_what_to_do(browser, watery, refused):
    watery.refusal = GroundUnseenError("camera gate has not seen the ground for 90 s")
    refused(browser.post(f"{WATER}/only-wet"), 409, "ground_unseen")


def test_what_holds_unless_a_site_says_otherwise(operator):
    usual = operator.get("/api/water/usual").json()
    depths = {place: one["lines"]["red_cm"] for place, one in usual["places"].items()}
    assert depths == dict.fromkeys(("road", "yard", "bridge", "slope"), 30.0) | {"underpass": 25.0}
    assert usual["places"]["underpass"]["passability"]["watch"] == "slow"
    assert usual["marks"]["gauge"][0] == {"from_px": 16.0, "error_part": 0.08}


def test_what_was_seen_last_and_how_it_was_taught(operator, watery, refused):
    look = operator.get(f"{WATER}/look").json()
    assert (look["reference"], look["votes"], look["unseen"]) == ("day-1", {"loss": 0.3}, None)
    assert look["text_masks"] == [[[0.0, 0.0], [0.5, 0.1]]]
    assert operator.get(f"{WATER}/look/picture.jpg").content[:2] == b"\xff\xd8"
    assert operator.get(f"{WATER}/training").json() == {"training": None, "run": None}
    figures = EyeFigures(0.5, 0.6, 0.1, None)
    watery.teaching = Teaching(TrainingFacts(AT, kept=True, before=figures, after=figures), None)
    taught = operator.get(f"{WATER}/training").json()["training"]
    assert (taught["kept"], taught["after"]["real_false_alarms"]) == (True, None)
    watery.refusal = NoPictureError("camera gate has not looked at the water yet")
    for path in ("look", "look/picture.jpg"):
        refused(operator.get(f"{WATER}/{path}"), 404, "no_picture")


def test_an_operator_has_a_camera_taught(operator, watery, store, refused):
    assert operator.post(f"{WATER}/training").status_code == 202
    run = operator.get(f"{WATER}/training").json()["run"]
    assert (run["share"], run["error"]) == (0.0, "")
    (record,) = store.audit.newest(AuditFilter(object="camera/gate"), None, 1)
    assert record.action == "water_trained"
    why = "no water zone lies in the picture; draw one before training"
    watery.teaching = Teaching(None, TrainingRun(AT, 0.4, why))
    told = operator.get(f"{WATER}/training", headers={"Accept-Language": "zh-CN"}).json()["run"]
    assert told["error"] == "画面里没有监测区，请先画出再训练。"
    watery.refusal = BusyError("camera gate is being taught; try again in some minutes")
    refused(operator.post(f"{WATER}/training"), 503, "busy")


def test_a_setup_is_told_to_the_audit_log(browser, watery, store):
    browser.put(WATER, json=SETUP)
    (record,) = store.audit.newest(AuditFilter(object="camera/gate"), None, 1)
    assert (record.actor, record.action) == ("admin", "camera_changed")
    assert "water" in record.detail


@pytest.mark.parametrize(
    ("change", "location", "words"),
    [
        ({"zones": []}, "zones", "至少要画一个监测区：地面最低处。"),
        (
            {"lines": {"watch_cm": 11}},
            "lines",
            "关注、黄色、红色的限值（cm）必须逐级升高，现为 11, 10, 25。",
        ),
        (
            {"marks": [{"id": "m", "foot": [0, 0], "top": [0, 1], "height_cm": 3}]},
            "marks.0.top",
            "标尺的顶端在画面中应高于底端。",
        ),
        (
            {"marks": [{"id": "m", "foot": [0, 1], "top": [0, 0], "height_cm": None}]},
            "marks.0.height_cm",
            "请填数字。",
        ),
        ({"text_masks": [[[0, 0], [1, 1]]]}, "text_masks.outlines.0", "至少"),
    ],
)
def test_mistakes_stand_at_their_fields_in_chinese(browser, watery, change, location, words):
    answer = browser.put(WATER, json=SETUP | change, headers={"Accept-Language": "zh-CN"})
    (mistake,) = answer.json()["error"]["mistakes"]
    assert mistake["location"] == location
    assert words in mistake["text"]


def test_operators_say_how_wet_it_is_and_set_up_nothing(operator, watery, refused):
    assert operator.post(f"{WATER}/only-wet").status_code == 200
    refused(operator.put(WATER, json=SETUP), 403, "forbidden")
    refused(operator.delete(WATER), 403, "forbidden")


def test_strangers_learn_nothing(site, watery, refused):
    with site.client() as stranger:
        for answer in (stranger.get(WATER), stranger.post(f"{WATER}/only-wet"),
                       stranger.get("/api/rain")):  # fmt: skip
            refused(answer, 401, "unauthenticated")


def test_rain_is_said_until_a_time_and_who_said_it_is_kept(browser, store, refused):
    soon = datetime.now(UTC) + timedelta(hours=2)
    said = {"unit": "东山村", "state": "rain", "until": soon.isoformat()}
    answer = browser.post("/api/rain", json=said)
    assert answer.status_code == 201, answer.text
    assert browser.get("/api/rain").json() == {"rain": [answer.json()]}
    assert (answer.json()["unit"], answer.json()["source"]) == ("东山村", "manual")
    (record,) = store.audit.newest(AuditFilter(object="rain/东山村"), None, 9)
    detail = json.loads(record.detail)
    assert (record.action, detail["rain"]) == ("rain_said", "rain")
    assert abs(datetime.fromisoformat(detail["end"]) - soon) < timedelta(seconds=1)
    for until in (soon - timedelta(hours=3), soon + timedelta(days=30)):
        refused(browser.post("/api/rain", json=said | {"until": until.isoformat()}), 422,
                "bad_request")  # fmt: skip
