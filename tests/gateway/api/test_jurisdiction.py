"""Nothing of one unit comes back to people of another, by any route there is.

Two villages lie in a town. What a route names in its path is tried with what is the other
village's; lists must hold nothing of it; every other route must be for the whole site, or be told
of here.
"""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import cv2
import httpx
import numpy as np
import pytest

from gateway.config import SiteSettings
from gateway.dispatch.case_message import CaseWriter
from gateway.patrol_file import PlanBody
from gateway.store.inventory import Camera
from gateway.store.rain import RainSpell
from gateway.store.segments import Segment
from gateway.store.users import Role
from gateway.units import Unit, tree_of
from gateway.workflow.case import Action, Actor, Deed, FalseAlarm, Level, Party
from vision.types import Kind, Severity, Tally, TallyRow
from vision.water.types import RainState

BEGAN = datetime(2026, 5, 1, 8, tzinfo=UTC)
NOW = BEGAN + timedelta(hours=1)
ZONE = ZoneInfo("Asia/Shanghai")
DAY = {"from": "2026-05-01T00:00:00Z", "to": "2026-05-02T00:00:00Z"}
TREE = tree_of(
    (
        Unit("town", "湖镇", Level.TOWN),
        Unit("east", "东山村", Level.VILLAGE, "town"),
        Unit("west", "乙村", Level.VILLAGE, "town"),
    )
)
GATE = Camera("gate", "村口", unit="东山村", grid="第三网格", latitude=30.0, longitude=120.0)
POND = Camera("pond", "乙塘", unit="乙村", latitude=30.0, longitude=120.0)
MARKS = ("乙", "pond")
"""Every thing of the other village has one of them in it."""

OPEN = {
    ("GET", "/api/session"),
    ("POST", "/api/session"),
    ("DELETE", "/api/session"),
    ("POST", "/api/session/password"),
    ("GET", "/api/system"),
    ("GET", "/api/locales"),
    ("GET", "/api/locales/{language}.json"),
    ("GET", "/api/water/usual"),
    ("GET", "/healthz"),
    ("POST", "/api/platform/statuses"),
}
"""About whoever asks, or about the machine or the product and no place. What a platform says is
signed by it."""
OF_THE_SESSION = {(verb, "/api/live/{session}") for verb in ("GET", "OPTIONS", "PATCH", "DELETE")}
IN_BODIES = {("POST", "/api/findings"), ("POST", "/api/rain"), ("POST", "/api/patrol/handovers")}
LISTS = {
    "/api/cameras": {},
    "/api/incidents": {},
    "/api/cases": {},
    "/api/rain": {},
    "/api/rain/series": {},
    "/api/counts": DAY,
    "/api/counts.csv": DAY,
    "/api/patrol/day": {"day": "2026-05-01"},
    "/api/patrol/plan": {},
    "/api/patrol/handovers": {},
    "/api/patrol/rounds.{kind}": {"since": "2026-05-01"},
    "/api/reports/cases": {"by": "unit"},
    "/api/reports/cases.{kind}": {"by": "camera"},
    "/api/reports/false-alarms": {},
    "/api/reports/false-alarms.{kind}": {},
    "/api/false-alarms/proposals": {},
    "/api/units": {},
}
BY_CAMERA = ("/api/incidents", "/api/counts", "/api/counts.csv", "/api/reports/false-alarms")


def shift(name: str, unit: str) -> dict[str, object]:
    hours = {"starts": "00:00", "ends": "12:00"}
    return {"shift": f"{name}班", "unit": unit, "crews": [[name]], **hours}


def route(name: str, unit: str, *cameras: str) -> dict[str, object]:
    stops = [{"camera": camera} for camera in cameras]
    return {"id": name.lower(), "name": f"{name}线", "unit": unit, "at": ["16:30"], "stops": stops}


PLAN = PlanBody.model_validate(
    {
        "rota": [shift("东", "东山村"), shift("乙", "乙村")],
        "routes": [
            route("Gate", "东山村", "gate"),
            route("Pond", "乙村", "pond"),
            route("pond-of-none", "", "pond"),
            route("pond-as-east", "东山村", "pond"),
            route("pond-and-gate", "", "gate", "pond"),
        ],
    }
)


class Villages:
    """The things of the other village: the id of each, by the parameter of routes that names it."""

    def __init__(self, site, samples) -> None:
        store = site.store
        store.units.replace(TREE)
        for camera in (GATE, POND):
            store.inventory.add(camera)
        at = {"opened_at": BEGAN, "last_seen_at": BEGAN}
        for number, camera in ((n, camera) for camera in (GATE, POND) for n in range(4)):
            change = samples.change(
                f"{camera.id}-{number}", camera=camera.id, rule="persons", severity=Severity.GREEN,
                **at,
            )  # fmt: skip
            origin = replace(samples.origin, camera=camera.ref)
            raw = samples.evidence(f"{camera.id}-{number}")
            store.incidents.record(change, origin, [raw], samples.compose)
        self._dismiss(store)
        self._tell(store)
        raw = samples.evidence("pond-0")
        path = site.services.data_dir / raw.path
        path.parent.mkdir(parents=True)
        path.write_bytes(b"jpeg")
        self.ids = {
            "camera": "pond",
            "incident": "pond-0",
            "evidence": raw.id,
            "segment": str(store.segments.of("pond")[0].id),
            "round_id": self._round_of(store, "pond"),
            "handover": str(store.handovers.newest()[0].id),
        }

    @staticmethod
    def _dismiss(store) -> None:
        by = Actor(Party.OPERATOR, "li")
        for number in (1, 2, 3):
            deed = Deed(Action.DISMISS, by, BEGAN, reason=FalseAlarm.INSECT)
            store.cases.take(f"pond-{number}", deed, 0, CaseWriter("dongshan"))

    @staticmethod
    def _tell(store) -> None:
        store.segments.add([Segment("pond", "p.mp4", BEGAN, NOW, bytes=1, pictures=1)])
        rows = (TallyRow(Kind.VEHICLE, "car", None, 3),)
        hour = Tally("traffic", None, BEGAN, NOW, BEGAN, 3600.0, rows)
        for camera in ("gate", "pond"):
            store.counts.put(camera, [hour])
        for unit in ("乙村", "东山村", ""):
            store.rain.add(RainSpell(unit, RainState.RAIN, BEGAN, NOW + timedelta(hours=1)))
        store.handovers.add("li", "乙班", "乙门灯坏", BEGAN, "west")
        store.patrol.put_plan(PLAN, "admin", BEGAN, ZONE)
        store.patrol.advance(NOW, ZONE)

    @staticmethod
    def _round_of(store, route_id: str) -> str:
        (found,) = (
            one.round.id for one in store.patrol.rounds(BEGAN, NOW) if one.round.route == route_id
        )
        return found

    def path(self, path: str, *, gone: bool = False) -> str:
        """Return a route's path to what is the other village's, or to what is nobody's."""
        known = {name: strange(one) if gone else one for name, one in self.ids.items()}
        return path.format_map(REST | known)


class Rest(dict[str, str]):
    """What stands for parameters that name nothing of a place."""

    def __missing__(self, name: str) -> str:
        return name

    def __or__(self, known: dict[str, str]) -> "Rest":
        return Rest({**self, **known})


REST = Rest(kind="csv", number="0")


def strange(key: str) -> str:
    """Return an id of the same form that nothing has."""
    return "9" * len(key) if key.isdecimal() else key[:-1] + ("1" if key[-1] != "1" else "2")


@pytest.fixture
def site(make_site):
    return make_site(now=lambda: NOW, site=SiteSettings(time_zone="Asia/Shanghai"))


@pytest.fixture
def villages(site, samples):
    return Villages(site, samples)


@pytest.fixture
def of_unit(site, villages):
    """Return a maker of a browser of an operator who belongs to a unit, None: to the whole site."""

    def sign_in(unit: str | None) -> httpx.Client:
        store, name = site.store, f"of-{unit}"
        password = "chosen themselves"
        made_up = store.users.add(name, Role.OPERATOR, unit)
        store.users.change_password(name, made_up, password)
        client = site.client()
        answer = client.post("/api/session", json={"username": name, "password": password})
        assert answer.status_code == 200
        return client

    return sign_in


@pytest.fixture
def operations(site):
    """Return method and path of every route there is."""
    return {
        (method.upper(), path)
        for path, item in site.app.openapi()["paths"].items()
        for method in item
        if method in {"get", "put", "post", "patch", "delete", "options"}
    }


def names_a_thing(path: str, villages) -> bool:
    return any(f"{{{name}}}" in path for name in villages.ids)


def text_of(answer: httpx.Response) -> str:
    """Return what an answer tells; of a workbook, its sheets."""
    if not answer.content.startswith(b"PK"):
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


def ask(client: httpx.Client, path: str, question: dict[str, str]) -> str:
    answer = client.get(f"{path.format_map(REST)}?{urlencode(question)}")
    assert answer.status_code == 200, (path, answer.text)
    return text_of(answer)


def test_what_another_unit_has_is_as_if_it_were_not_there(villages, of_unit, operations):
    east, west = of_unit("east"), of_unit("west")
    things = sorted(one for one in operations if names_a_thing(one[1], villages))
    assert len(things) > 50
    for method, route_path in things:
        path = villages.path(route_path)
        refusal = east.request(method, path)
        assert refusal.status_code == 404, (method, path, refusal.text)
        nobodys = east.request(method, villages.path(route_path, gone=True))
        assert nobodys.status_code == 404, (method, path)
        assert _unnamed(refusal, villages) == _unnamed(nobodys, villages), (method, path)
        assert west.request(method, path).text != refusal.text, (method, path)


def _unnamed(answer: httpx.Response, villages) -> str:
    text = answer.text
    for key in sorted(villages.ids.values(), key=len, reverse=True):
        text = text.replace(f" {key}", " X").replace(f" {strange(key)}", " X")
    return text


def test_lists_hold_nothing_of_another_unit(villages, of_unit):
    east, west, everybody = of_unit("east"), of_unit("west"), of_unit(None)
    for path, question in LISTS.items():
        if path == "/api/units":
            continue
        told = ask(east, path, question)
        assert not [mark for mark in MARKS if mark in told], (path, told)
        for client in (west, everybody):
            assert any(mark in ask(client, path, question) for mark in MARKS), path
    for path in BY_CAMERA:
        assert east.get(f"{path}?camera=pond").status_code == 404, path
        assert west.get(f"{path}?camera=pond").status_code == 200, path


def test_a_case_merged_with_one_of_another_unit_names_it_to_nobody_there(site, villages, of_unit):
    deed = Deed(Action.MERGE, Actor(Party.OPERATOR, "li"), NOW, other="gate-0")
    site.store.cases.take("pond-0", deed, 0, CaseWriter("dongshan"))
    east, west, everybody = of_unit("east"), of_unit("west"), of_unit(None)
    goes_on = east.get("/api/cases/gate-0")
    assert "pond-0" not in goes_on.text
    assert goes_on.json()["trail"][-1]["action"] == "absorb"
    ended = west.get("/api/cases/pond-0")
    assert "gate-0" not in ended.text
    assert ended.json()["outcome"] == "merged"
    assert everybody.get("/api/cases/gate-0").json()["merged"] == ["pond-0"]
    assert everybody.get("/api/cases/pond-0").json()["merged_into"] == "gate-0"


def test_ones_own_is_there(villages, of_unit):
    east = of_unit("east")
    day = east.get("/api/patrol/day?day=2026-05-01").json()
    assert [one["route"] for one in day["rounds"]] == ["gate"]
    assert [one["people"] for one in day["duties"]] == [["东"]]
    assert {one["unit"] for one in east.get("/api/rain").json()["rain"]} == {"", "东山村"}
    assert [one["camera"] for one in east.get("/api/counts", params=DAY).json()["counts"]] == [
        "gate"
    ]
    units = east.get("/api/units").json()["units"]
    assert {one["id"]: one["cameras"] for one in units} == {"town": 0, "east": 1, "west": 0}
    routes = of_unit("town").get("/api/patrol/plan").json()["plan"]["routes"]
    assert len(routes) == len(PLAN.routes)


def test_every_other_route_is_for_the_whole_site(villages, of_unit, operations):
    east, everybody = of_unit("east"), of_unit(None)
    told_of = OPEN | OF_THE_SESSION | IN_BODIES | {("GET", path) for path in LISTS}
    assert told_of - operations == set()
    rest = {one for one in operations - told_of if not names_a_thing(one[1], villages)}
    rest -= {("POST", "/api/false-alarms/proposals/{proposal}")}
    for method, path in sorted(rest):
        answer = east.request(method, path.format_map(REST))
        assert answer.status_code == 403, (method, path, answer.text)
    for path in ("/api/sinks", "/api/rain/feeds"):
        assert everybody.get(path).status_code == 200


def test_proposals_of_another_unit_cannot_be_decided(villages, of_unit, refused):
    west = of_unit("west")
    (found,) = west.get("/api/false-alarms/proposals").json()["proposals"]
    path, question = f"/api/false-alarms/proposals/{found['id']}", {"accept": False}
    refused(of_unit("east").post(path, json=question), 404, "not_found")
    assert west.post(path, json=question).status_code == 200


def test_what_a_body_names_is_judged_as_well(villages, of_unit, refused):
    east = of_unit("east")
    merge = {"action": "merge", "revision": 0, "other": "pond-0"}
    refused(east.post("/api/cases/gate-0/steps", json=merge), 404, "not_found")
    as_form = {name: (None, str(value)) for name, value in merge.items()}
    refused(east.post("/api/cases/gate-0/steps-with-files", files=as_form), 404, "not_found")
    finding = {"kind": (None, "rubbish"), "camera": (None, "pond")}
    refused(east.post("/api/findings", files=finding), 404, "not_found")
    until = (NOW + timedelta(hours=2)).isoformat()
    for unit in ("乙村", "湖镇", ""):
        rain = {"unit": unit, "state": "dry", "until": until}
        refused(east.post("/api/rain", json=rain), 403, "forbidden")
    own = {"unit": "东山村", "state": "dry", "until": until}
    assert east.post("/api/rain", json=own).status_code == 201


def test_what_may_be_the_same_happening_elsewhere_is_not_told(villages, of_unit):
    path = "/api/cases/gate-0/related"
    assert "pond-0" in of_unit(None).get(path).text
    assert "pond" not in of_unit("east").get(path).text


def test_what_was_merged_from_elsewhere_is_not_exported(site, villages, of_unit):
    merge = Deed(Action.MERGE, Actor(Party.ADMIN, "admin"), BEGAN, other="gate-0")
    site.store.cases.take("pond-0", merge, 0, CaseWriter("dongshan"))
    path = "/api/cases/gate-0/export"
    for unit, camera in (("east", "村口"), (None, "乙塘")):
        told = text_of(of_unit(unit).post(path, json={}))
        assert (camera in told, "乙塘" in told) == (True, unit is None)


def test_notes_and_findings_stay_in_the_unit_of_their_authors(villages, of_unit):
    east, west, town = of_unit("east"), of_unit("west"), of_unit("town")
    east.post("/api/patrol/handovers", json={"text": "东灯"})
    town.post("/api/patrol/handovers", json={"text": "镇灯"})

    def notes(client):
        return [one["text"] for one in client.get("/api/patrol/handovers").json()["handovers"]]

    assert (notes(east), notes(west)) == (["东灯"], ["乙门灯坏"])
    assert notes(town) == ["镇灯", "东灯", "乙门灯坏"]
    picture = cv2.imencode(".jpg", np.zeros((48, 64, 3), np.uint8))[1].tobytes()
    form = {"kind": (None, "rubbish"), "place": (None, "桥头"), "picture": ("p.jpg", picture)}
    answer = east.post("/api/findings", files=form)
    assert answer.status_code == 201, answer.text
    path = f"/api/incidents/{answer.json()['incident']}"
    assert [client.get(path).status_code for client in (east, town, west)] == [200, 200, 404]


def test_live_pictures_of_another_session_cannot_be_touched(
    site, villages, of_unit, worker, worker_url, reports
):
    worker.cameras = {"pond"}
    site.store.camera_states.put([reports.online("pond", worker_url)])
    east, west = of_unit("east"), of_unit("west")
    sdp = {"content": worker.offer, "headers": {"Content-Type": "application/sdp"}}
    assert east.post("/api/cameras/pond/whep", **sdp).status_code == 404
    live = west.post("/api/cameras/pond/whep", **sdp).headers["Location"]
    trickle = {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*"}
    assert east.patch(live, content="a=end", headers=trickle).status_code == 404
    assert east.delete(live).status_code == 200
    assert worker.live


def test_a_players_token_ends_when_its_maker_moves(site, villages, of_unit, worker_url, reports):
    site.store.camera_states.put([reports.online("pond", worker_url)])
    token = of_unit("west").post("/api/cameras/pond/player-token", json={}).json()["token"]
    bearer = site.client(Authorization=f"Bearer {token}")
    offer = {"content": "v=0", "headers": {"Content-Type": "application/sdp"}}
    assert bearer.post("/api/cameras/pond/whep", **offer).status_code == 400
    site.store.users.belong("of-west", "east")
    assert bearer.post("/api/cameras/pond/whep", **offer).status_code == 401
