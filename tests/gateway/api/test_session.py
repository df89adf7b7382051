"""Signing in and out, over a real server on a real store."""

import threading

import pytest

NEW_PASSWORD = "correct horse battery"


def test_signing_in_gives_a_strict_http_only_cookie(site):
    with site.client() as client:
        answer = client.post("/api/session", json=site.credentials())
    assert answer.status_code == 200
    assert answer.json() == {
        "user": {
            "username": "admin",
            "role": "admin",
            "must_change_password": False,
            "unit": None,
        }
    }
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/;" in cookie
    assert "secure" not in cookie


def test_the_cookie_is_secure_behind_tls_and_kept_to_the_prefix(make_site):
    from gateway.config import ServeSettings

    site = make_site(
        serve=ServeSettings(root_path="/patrol", allowed_origins=("https://town.example",))
    )
    headers = {"Origin": "https://town.example", "X-Forwarded-Proto": "https"}
    with site.client(**headers) as client:
        cookie = client.post("/patrol/api/session", json=site.credentials()).headers["set-cookie"]
    assert "Secure" in cookie
    assert "Path=/patrol;" in cookie


def test_a_session_can_be_read_until_it_is_ended(site, browser, refused):
    assert browser.get("/api/session").json()["user"]["username"] == "admin"
    token = browser.cookies["gridpatrol_session"]
    assert browser.delete("/api/session").status_code == 204
    refused(browser.get("/api/session"), 401, "unauthenticated")
    with site.client() as thief:
        thief.cookies.set("gridpatrol_session", token)
        refused(thief.get("/api/cameras"), 401, "unauthenticated")


def test_signing_out_twice_or_without_a_session_is_no_error(site):
    with site.client() as client:
        assert client.delete("/api/session").status_code == 204


def test_wrong_password_and_unknown_user_get_the_same_answer(site, refused):
    with site.client() as client:
        wrong = client.post("/api/session", json={"username": "admin", "password": "nonsense"})
        unknown = client.post("/api/session", json={"username": "nobody", "password": "nonsense"})
    assert refused(wrong, 401, "bad_credentials") == refused(unknown, 401, "bad_credentials")
    assert "set-cookie" not in wrong.headers


def test_repeated_failures_make_even_the_right_password_wait(site, refused):
    with site.client() as client:
        for _ in range(5):
            client.post("/api/session", json={"username": "admin", "password": "nonsense"})
        answer = client.post("/api/session", json=site.credentials())
    refused(answer, 429, "too_many_attempts")
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"username": "admin"}',
        b'{"username": "", "password": "x"}',
        b'{"username": "admin", "password": ""}',
        b'{"username": {"$ne": 1}, "password": "x"}',
        rb'{"username": "\ud800", "password": "x"}',
        rb'{"username": "admin", "password": "\udfff"}',
        b'{"username": "admin", "password": "hunter2", "role": "admin"}',
        b'{"username": "%s", "password": "hunter2"}' % (b"a" * 65),
        b'{"username": "admin", "password": "%s"}' % (b"hunter2" * 60),
    ],
)
def test_a_malformed_sign_in_is_refused_without_repeating_what_was_typed(site, refused, body):
    with site.client() as client:
        answer = client.post(
            "/api/session", content=body, headers={"Content-Type": "application/json"}
        )
    assert "hunter2" not in refused(answer, 422, "bad_request")


def test_a_body_too_large_is_refused(site, refused):
    with site.client() as client:
        answer = client.post("/api/session", content=b" " * 70_000)
    refused(answer, 413, "too_large")


def test_choosing_a_password_keeps_this_session_and_ends_the_others(site, browser, refused):
    other = site.signed_in()
    change = {"old_password": site.password, "new_password": NEW_PASSWORD}
    answer = browser.post("/api/session/password", json=change)
    assert answer.json()["user"]["must_change_password"] is False
    assert browser.get("/api/session").json()["user"]["must_change_password"] is False
    refused(other.get("/api/session"), 401, "unauthenticated")
    other.close()
    with site.client() as client:
        refused(client.post("/api/session", json=site.credentials()), 401, "bad_credentials")
        new = {"username": "admin", "password": NEW_PASSWORD}
        assert client.post("/api/session", json=new).status_code == 200


@pytest.mark.parametrize(
    ("old", "new"), [("nonsense", NEW_PASSWORD), (None, "short"), (None, "admin-admin-admin")]
)
def test_a_password_change_that_is_refused_changes_nothing(site, browser, refused, old, new):
    change = {"old_password": old or site.password, "new_password": new}
    refused(browser.post("/api/session/password", json=change), 422, "password_refused")
    with site.client() as client:
        assert client.post("/api/session", json=site.credentials()).status_code == 200


def test_many_sign_ins_at_once_are_judged_two_at_a_time_and_all_answered(site):
    statuses = []

    def attempt():
        with site.client() as client:
            statuses.append(client.post("/api/session", json=site.credentials()).status_code)

    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 4


def test_a_password_that_was_made_up_opens_nothing_but_its_change(site, refused):
    made_up = site.store.users.reset_password("admin")
    with site.client() as client:
        who = {"username": "admin", "password": made_up}
        signed_in = client.post("/api/session", json=who).json()
        assert signed_in["user"]["must_change_password"] is True
        for method, path in (
            ("GET", "/api/cameras"),
            ("GET", "/api/incidents"),
            ("GET", "/api/evidence/1"),
            ("GET", "/api/audit"),
            ("DELETE", "/api/cameras/gate"),
            ("POST", "/api/cameras"),
        ):
            refused(client.request(method, path), 403, "password_change_required")
        offer = client.post("/api/cameras/gate/whep", content="v=0")
        assert offer.status_code in {401, 403}
        assert client.get("/api/session").json() == signed_in
        change = {"old_password": made_up, "new_password": NEW_PASSWORD}
        assert client.post("/api/session/password", json=change).status_code == 200
        assert client.get("/api/cameras").status_code == 200
        assert client.delete("/api/session").status_code == 204
