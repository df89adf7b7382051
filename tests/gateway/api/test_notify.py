"""Targets over the API: their wishes are shown, their addresses never."""

import pytest

from gateway.notify.apprise_service import check_url
from gateway.store.audit_log import AuditFilter
from gateway.store.notices import NewNotice
from gateway.units import Unit, tree_of
from gateway.workflow.case import Level
from vision.types import Severity

NOBODY = "json://duty:S3cretWord@127.0.0.1:9/hook-token-9"
PATH = "/api/notify/targets"


@pytest.fixture
def duty(browser):
    """Add a target that nobody is behind; return its path. Apprise is loaded before it is asked."""
    check_url(NOBODY)
    answer = browser.put(f"{PATH}/duty", json={"url": NOBODY, "wishes": {"least": "red"}})
    assert answer.status_code == 200, answer.text
    return f"{PATH}/duty"


def test_targets_are_added_changed_and_removed(browser, duty, store, refused):
    (one,) = browser.get(PATH).json()["targets"]
    assert (one["name"], one["wishes"]["least"]) == ("duty", "red")
    assert browser.put(duty, json={"wishes": {"quiet": ["22:00-06:00"]}}).status_code == 200
    shown = browser.get(PATH)
    assert shown.json()["targets"][0]["wishes"]["quiet"] == ["22:00-06:00"]
    assert "S3cretWord" not in shown.text
    assert store.notices.url("duty") == NOBODY
    assert browser.delete(duty).status_code == 204
    refused(browser.delete(duty), 404, "not_found")
    told = store.audit.newest(AuditFilter(object="target/duty"))
    assert [(one.actor, one.action) for one in told] == [
        ("admin", "target_removed"),
        ("admin", "target_changed"),
        ("admin", "target_changed"),
    ]


@pytest.mark.parametrize(
    ("name", "question", "status", "code"),
    [
        ("new", {}, 404, "not_found"),
        ("new", {"url": "gopher://S3cretWord"}, 422, "bad_config"),
        ("new", {"url": NOBODY, "wishes": {"quiet": ["late"]}}, 422, "bad_request"),
        ("new", {"url": NOBODY, "wishes": {"unit": "gone"}}, 404, "not_found"),
        ("New", {"url": NOBODY}, 422, "bad_request"),
    ],
)
def test_what_is_no_target(browser, refused, name, question, status, code):
    assert "S3cretWord" not in refused(browser.put(f"{PATH}/{name}", json=question), status, code)
    assert browser.get(PATH).json() == {"targets": []}


def test_a_test_that_reaches_nobody_says_why(browser, duty, refused):
    said = refused(browser.post(f"{duty}/test"), 502, "not_told")
    assert "did not take it" in said
    assert "S3cretWord" not in said
    refused(browser.post(f"{PATH}/none/test"), 404, "not_found")


def test_the_log_tells_who_was_told_what(browser, duty, store, samples):
    store.units.replace(tree_of([Unit("east", "东山村", Level.VILLAGE)]))
    now = samples.change().at
    for number in range(3):
        told = ("e", f"i-{number}", "gate/crowd", "opened", Severity.RED, f"第 {number} 条", now)
        made = [NewNotice("duty", f"e-{number}", *told[1:])]
        store.notices.keep(made, number + 1, now)
    notices = browser.get("/api/notify/log?limit=2&target=duty").json()["notices"]
    assert [(one["line"], one["state"]) for one in notices] == [
        ("第 2 条", "waiting"),
        ("第 1 条", "waiting"),
    ]
    assert browser.get("/api/notify/log?target=other").json() == {"notices": []}


def test_operators_neither_see_nor_change_them(operator, refused):
    for answer in (
        operator.get(PATH),
        operator.put(f"{PATH}/duty", json={"url": NOBODY}),
        operator.get("/api/notify/log"),
    ):
        refused(answer, 403, "forbidden")
