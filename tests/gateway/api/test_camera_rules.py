"""Zones and rules over the API: read, changed as a whole, refused with each mistake in place."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.clock import utc_now
from gateway.rules_file import rules_from_json
from gateway.store.workers import Worker
from vision.rules import DEFAULT_RULES

PATH = "/api/cameras/gate/rules"
GATE = {"id": "gate", "name": "村口", "polygon": [[0.1, 0.5], [0.9, 0.5], [0.9, 1]]}
WIRE = {"id": "wire", "line": [[0, 0.6], [1, 0.6]]}
IN = {"id": "in", "type": "presence", "zone": "gate", "kinds": ["person"], "severity": "red"}
PASSED = {"id": "passed", "type": "count", "line": "wire"}
BOTH = {"zones": [GATE, WIRE], "rules": [IN, PASSED]}


def test_a_camera_without_rules_says_which_apply(browser, gate):
    told = browser.get(PATH).json()
    assert ([one["id"] for one in told["zones"]], told["rules"]) == (["gate", "dike"], [])
    assert (told["changed_at"], told["changed_by"]) == (None, None)
    assert [one["id"] for one in told["default_rules"]] == [one.id for one in DEFAULT_RULES.rules]


@pytest.fixture
def known_worker(store, worker, worker_url):
    """Return the scripted worker, entered as one that runs."""
    store.workers.enter(Worker(0, worker_url, 1, utc_now()))
    return worker


def test_rules_are_changed_as_a_whole_and_workers_are_told(browser, gate, store, known_worker):
    with capture_logs() as logs:
        told = browser.put(PATH, json=BOTH).json()
    assert [one["id"] for one in (*told["zones"], *told["rules"])] == [
        "gate",
        "wire",
        "in",
        "passed",
    ]
    assert (told["rules"][0]["severity"], told["rules"][0]["clear_s"]) == ("red", 3.0)
    assert told["changed_by"] == "admin"
    assert browser.get(PATH).json() == told
    camera = store.inventory.get("gate")
    assert [rule.id for rule in rules_from_json(camera.zones, camera.rules).rules] == [
        "in",
        "passed",
    ]
    assert known_worker.reloads == 1
    assert {"camera": "gate", "user": "admin"}.items() <= logs[-1].items()


def test_what_is_read_may_be_sent_back_and_changes_nothing(browser, gate, store, known_worker):
    told = browser.put(PATH, json=BOTH).json()
    before = store.inventory.get("gate")
    again = browser.put(PATH, json={"zones": told["zones"], "rules": told["rules"]})
    assert (again.status_code, again.json()) == (200, told)
    assert store.inventory.get("gate") == before
    assert known_worker.reloads == 1, "nobody is disturbed for nothing"
    assert len(browser.get(f"{PATH}/changes").json()["changes"]) == 1


def test_changes_are_told_the_newest_first(browser, gate):
    browser.put(PATH, json=BOTH)
    browser.put(PATH, json={"zones": [GATE], "rules": []})
    newest, oldest = browser.get(f"{PATH}/changes").json()["changes"]
    assert ([one["id"] for one in newest["zones"]], newest["rules"]) == (["gate"], [])
    assert len(oldest["rules"]) == 2


WRONG = [
    ([GATE], [IN | {"confirm_s": -1}], "rules.0.confirm_s"),
    ([GATE], [IN, IN], "rules.1"),
    ([GATE], [IN | {"type": "presense"}], "rules.0.type"),
    ([GATE], [IN | {"zone": "yard"}], "rules.0"),
    ([GATE], [IN | {"colour": "red"}], "rules.0.colour"),
    ([GATE | {"polygon": [[0, 0], [2, 0], [1, 1]]}], [], "zones.0.polygon"),
    ([{"id": "x"}], [], "zones.0"),
    ([GATE], [{"id": "in"}], "rules.0"),
]


def test_each_mistake_is_told_with_its_place_and_nothing_changes(browser, gate, store):
    before = store.inventory.get("gate")
    for zones, rules, place in WRONG:
        answer = browser.put(PATH, json={"zones": zones, "rules": rules})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (422, "bad_rules"), place
        assert [one["location"] for one in error["mistakes"]] == [place]
        assert error["mistakes"][0]["text"] in error["message"]
    assert store.inventory.get("gate") == before


def test_all_mistakes_of_rules_are_told_at_once(browser, gate):
    wrong = [IN | {"confirm_s": -1}, PASSED | {"interval_s": "often"}]
    mistakes = browser.put(PATH, json={"zones": [GATE, WIRE], "rules": wrong}).json()["error"]
    assert [one["location"] for one in mistakes["mistakes"]] == [
        "rules.0.confirm_s", "rules.1.interval_s",
    ]  # fmt: skip


def test_who_may_not_is_refused(site, browser, gate):
    with site.client() as stranger:
        assert stranger.get(PATH).status_code == 401
        assert stranger.put(PATH, json=BOTH).status_code == 401
    assert browser.put(PATH, json=BOTH | {"extra": 1}).json()["error"]["code"] == "bad_request"
    assert browser.put("/api/cameras/nowhere/rules", json=BOTH).status_code == 404
    assert browser.get("/api/cameras/nowhere/rules").status_code == 404


def test_operators_read_and_do_not_change(gate, operator):
    assert operator.get(PATH).status_code == 200
    for answer in (operator.put(PATH, json=BOTH), operator.get(f"{PATH}/changes")):
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


def test_no_document_makes_the_api_fail(browser, gate):
    values = st.recursive(
        st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*IN, *GATE, "line"]), inner, max_size=4)
        ),
        max_leaves=6,
    )
    document = st.fixed_dictionaries({"zones": values, "rules": values})

    @settings(max_examples=30, deadline=None)
    @given(document=document)
    def check(document):
        answer = browser.put(PATH, json=document)
        assert answer.status_code in {200, 422}, json.dumps(document)

    check()
