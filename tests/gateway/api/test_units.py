"""Units over the API, and what people of one unit do not see of another."""

import pytest

from gateway.store.inventory import Camera
from gateway.store.segments import Segment
from gateway.store.stored_incident import Origin
from gateway.store.users import Role
from gateway.units import Unit, tree_of
from gateway.workflow.case import Level

TREE = [
    {"id": "town", "name": "湖镇", "level": "town"},
    {"id": "east", "name": "东山村", "level": "village", "parent": "town"},
    {"id": "west", "name": "西山村", "level": "village", "parent": "town"},
]
UNITS = tree_of(
    Unit(one["id"], one["name"], Level(one["level"]), one.get("parent")) for one in TREE
)
POND = Camera("pond", "塘口", unit="西山村")


@pytest.fixture
def villages(store, samples):
    """Put an incident and a camera into each of two villages."""
    store.units.replace(UNITS)
    store.inventory.add(Camera("gate", "村口", unit="东山村", grid="第三网格"))
    store.inventory.add(POND)
    samples.fill(store, 1)
    there = Origin(POND.ref, samples.origin.model, samples.origin.version)
    change = samples.change("w", camera="pond")
    evidence = [samples.evidence("w")]
    store.incidents.record(change, there, evidence, samples.compose)
    return evidence[0].id


@pytest.fixture
def of_unit(site, store):
    """Return a maker of a browser of an operator who belongs to a unit."""

    def sign_in(unit: str | None):
        made_up, password = store.users.add(f"of-{unit}", Role.OPERATOR, unit), "chosen themselves"
        store.users.change_password(f"of-{unit}", made_up, password)
        client = site.client()
        credentials = {"username": f"of-{unit}", "password": password}
        assert client.post("/api/session", json=credentials).status_code == 200
        change = {"old_password": password, "new_password": "correct horse battery"}
        assert client.post("/api/session/password", json=change).status_code == 200
        return client

    return sign_in


def ids(client, path: str, key: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return sorted(one["id"] for one in answer.json()[key])


def test_everybody_sees_the_tree_and_administrators_change_it(browser, villages, of_unit, refused):
    told = browser.get("/api/units").json()
    assert [(one["id"], one["parent"], one["cameras"]) for one in told["units"]] == [
        ("town", None, 0),
        ("east", "town", 1),
        ("west", "town", 1),
    ]
    fewer = {"units": TREE[:2]}
    refused(of_unit("east").put("/api/units", json=fewer), 403, "forbidden")
    seen = of_unit("west").get("/api/units").json()
    assert [(one["name"], one["cameras"]) for one in seen["units"]] == [
        ("湖镇", 0),
        ("东山村", 0),
        ("西山村", 1),
    ]
    said = refused(browser.put("/api/units", json=fewer), 422, "bad_config")
    assert "of-west belongs to the unit west" in said
    more = {"units": [*TREE, {"id": "g", "name": "第三网格", "level": "grid", "parent": "east"}]}
    assert browser.put("/api/units", json=more).json()["units"][-1]["cameras"] == 1
    lost = {"units": [TREE[1]]}
    assert "which is not there" in refused(browser.put("/api/units", json=lost), 422, "bad_config")


@pytest.mark.parametrize(
    ("unit", "incidents", "cameras"),
    [
        ("east", ["i-0"], ["gate"]),
        ("west", ["w"], ["pond"]),
        ("town", ["i-0", "w"], ["gate", "pond"]),
        (None, ["i-0", "w"], ["gate", "pond"]),
    ],
)
def test_lists_show_what_is_ones_own(villages, of_unit, unit, incidents, cameras):
    client = of_unit(unit)
    assert ids(client, "/api/incidents", "incidents") == incidents
    assert ids(client, "/api/cases", "cases") == incidents
    assert ids(client, "/api/cameras", "cameras") == cameras


def test_what_is_anothers_is_not_there(villages, of_unit, refused, browser, store, samples):
    began = samples.change().at
    film = Segment("pond", "p.mp4", began, began, bytes=1, pictures=1)
    store.segments.add([film])
    (segment,) = (one.id for one in store.segments.of("pond"))
    east, west = of_unit("east"), of_unit("west")
    deed = {"action": "confirm", "revision": 0}
    for path in (
        "/api/incidents/w",
        "/api/cases/w",
        "/api/cameras/pond",
        "/api/cameras/pond/snapshot.jpg",
        "/api/cameras/pond/water",
        "/api/recordings/pond/segments",
        "/api/counts?camera=pond",
        "/api/recordings/segments/none",
        f"/api/recordings/segments/{segment}",
        f"/api/evidence/{villages}",
    ):
        refused(east.get(path), 404, "not_found")
        assert "there is no camera pond" not in west.get(path).text
    refused(east.post("/api/cases/w/steps", json=deed), 404, "not_found")
    assert west.post("/api/cases/w/steps", json=deed).status_code == 200
    assert browser.get("/api/cases/w").json()["step"] == "screened"


def test_who_is_not_signed_in_is_told_so_and_no_more(site, villages, refused):
    with site.client() as nobody:
        for path in ("/api/incidents/w", "/api/incidents/none", "/api/units"):
            refused(nobody.get(path), 401, "unauthenticated")


def test_administrators_see_all_whatever_their_unit(browser, site, store, villages):
    store.users.belong("admin", "east")
    assert browser.get("/api/incidents").status_code == 401
    assert browser.post("/api/session", json=site.credentials()).status_code == 200
    assert ids(browser, "/api/incidents", "incidents") == ["i-0", "w"]
    assert browser.get("/api/cases/w").status_code == 200
