"""People over the API: added, moved, given a new password, shut out; and the log checked."""

import pytest

from gateway.errors import ConfigError
from gateway.store.users import Role
from gateway.units import Unit, tree_of
from gateway.workflow.case import Level

HOME = "192.0.2.1"


@pytest.fixture
def village(store) -> None:
    store.units.replace(tree_of([Unit("east", "东山村", Level.VILLAGE)]))


def people(browser) -> dict[str, tuple[object, ...]]:
    told = browser.get("/api/users").json()["users"]
    return {one["username"]: (one["role"], one["unit"], one["is_disabled"]) for one in told}


def test_somebody_comes_moves_and_goes(browser, store, village, refused):
    said = browser.post("/api/users", json={"username": "li", "unit": "east"})
    assert said.status_code == 201, said.text
    assert store.users.verify("li", said.json()["password"], HOME).user.must_change_password
    assert people(browser)["li"] == ("operator", "east", False)
    assert browser.put("/api/users/li/unit", json={"unit": None}).status_code == 200
    token = store.sessions.begin(store.users.get("li"))
    assert browser.post("/api/users/li/disable").status_code == 200
    assert people(browser)["li"] == ("operator", None, True)
    assert store.sessions.find(token) is None
    assert store.users.verify("li", said.json()["password"], HOME).user is None
    assert store.users.verify("li", "!", HOME).user is None
    fresh = browser.post("/api/users/li/reset").json()["password"]
    assert store.users.verify("li", fresh, HOME).user is not None
    assert people(browser)["li"] == ("operator", None, False)
    refused(browser.post("/api/users", json={"username": "li"}), 422, "bad_config")
    refused(browser.put("/api/users/li/unit", json={"unit": "nowhere"}), 404, "not_found")
    refused(browser.post("/api/users/nobody/reset"), 404, "not_found")


def test_the_last_administrator_stays(browser, store, refused):
    assert "themselves" in refused(browser.post("/api/users/admin/disable"), 422, "bad_config")
    store.users.add("second", Role.ADMIN)
    assert browser.post("/api/users/second/disable").status_code == 200
    with pytest.raises(ConfigError, match="only administrator"):
        store.users.disable("admin")


def test_a_new_role_holds_at_once_where_somebody_is_signed_in(browser, store, refused):
    store.users.add("second", Role.ADMIN)
    changed = browser.put("/api/users/second/role", json={"role": "operator"})
    assert changed.status_code == 200, changed.text
    assert people(browser)["second"][0] == "operator"
    browser.put("/api/users/second/role", json={"role": "admin"})
    store.users.change_role("admin", Role.REPORTER)
    refused(browser.get("/api/cameras"), 403, "forbidden")
    store.users.change_role("admin", Role.ADMIN)
    told = [
        (one["actor"], one["detail"])
        for one in browser.get("/api/audit").json()["records"]
        if one["action"] == "role_changed"
    ]
    assert told[-2:] == [
        ("admin", {"role": "admin", "before": "operator"}),
        ("admin", {"role": "operator", "before": "admin"}),
    ]
    assert len(told) == 4


def test_nobody_raises_themselves_nor_takes_the_last_administrator_away(browser, store, refused):
    said = refused(
        browser.put("/api/users/admin/role", json={"role": "operator"}), 422, "bad_config"
    )
    assert "their own role" in said
    with pytest.raises(ConfigError, match="only administrator"):
        store.users.change_role("admin", Role.OPERATOR)
    store.users.add("second", Role.ADMIN)
    store.users.change_role("admin", Role.OPERATOR)
    refused(browser.put("/api/users/admin/role", json={"role": "admin"}), 403, "forbidden")
    refused(browser.put("/api/users/second/role", json={"role": "king"}), 403, "forbidden")
    store.users.change_role("admin", Role.ADMIN)
    refused(browser.put("/api/users/second/role", json={"role": "king"}), 422, "bad_request")
    refused(browser.put("/api/users/nobody/role", json={"role": "admin"}), 404, "not_found")


def test_mistakes_are_told_in_the_readers_language(browser):
    asked = {"Accept-Language": "zh-CN,zh;q=0.9"}
    answer = browser.post("/api/users", json={"username": "", "role": "king"}, headers=asked)
    assert answer.headers["content-language"] == "zh-CN"
    said = answer.json()["error"]
    assert said["code"] == "bad_request"
    assert said["mistakes"][0] == {
        "location": "username",
        "code": "string_too_short",
        "text": "必填。",
    }
    assert said["message"].splitlines()[0] == "用户名：必填。"
    gone = browser.put("/api/users/nobody/role", json={"role": "admin"}, headers=asked)
    assert gone.json()["error"] == {"code": "not_found", "message": "没有用户 nobody。"}
    plain = browser.post("/api/users", json={"username": ""}).json()["error"]["mistakes"]
    assert plain[0]["text"] == "This is needed."


def test_only_administrators_see_people(browser, operator, refused):
    refused(operator.get("/api/users"), 403, "forbidden")
    refused(operator.post("/api/users", json={"username": "wu"}), 403, "forbidden")


def test_the_log_is_whole_and_still_has_what_was_noted(browser, refused):
    first = browser.get("/api/audit/check").json()
    assert (first["head"]["seq"] > 0, first["breaks"]) == (True, [])
    noted = f"{first['head']['seq']}:{first['head']['hash']}"
    browser.post("/api/users", json={"username": "wu"})
    assert browser.get("/api/audit/check", params={"head": noted}).json()["breaks"] == []
    other = f"{first['head']['seq']}:{'0' * 64}"
    said = browser.get("/api/audit/check", params={"head": [noted, other]}).json()["breaks"]
    assert said == [{"seq": first["head"]["seq"], "fault": "forked"}]
    refused(browser.get("/api/audit/check", params={"head": "nonsense"}), 422, "bad_request")


def test_records_before_a_moment(browser):
    ours = browser.get("/api/audit", params={"limit": 1}).json()["records"][0]["at"]
    before = browser.get("/api/audit", params={"until": ours}).json()["records"]
    assert all(one["at"] < ours for one in before)
    assert browser.get("/api/audit", params={"since": ours}).json()["records"]


def test_mistakes_of_a_body_have_their_places(browser):
    said = browser.post("/api/users", json={"username": "", "role": "king"}).json()["error"]
    assert [one["location"] for one in said["mistakes"]] == ["username", "role"]
