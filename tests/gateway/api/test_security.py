"""Which requests are let in: origins, sessions, headers, prefixes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.security import comes_from_here
from gateway.config import ServeSettings


def scope(origin: str | None, host: str = "cam.example:8600", scheme: str = "http") -> dict:
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode("latin-1")))
    return {"type": "http", "scheme": scheme, "headers": headers}


@pytest.mark.parametrize(
    ("origin", "host", "scheme", "expected"),
    [
        ("http://cam.example:8600", "cam.example:8600", "http", True),
        ("http://CAM.example:8600", "cam.example:8600", "http", True),
        ("http://cam.example:8600", "cam.example:8600", "ws", True),
        ("https://cam.example", "cam.example", "wss", True),
        ("https://cam.example", "cam.example:443", "https", True),
        ("http://[fe80::1]:8600", "[fe80::1]:8600", "http", True),
        ("https://town.example", "cam.example:8600", "http", True),
        ("http://town.example", "cam.example:8600", "http", False),
        ("https://cam.example:8600", "cam.example:8600", "http", False),
        ("http://cam.example", "cam.example:8600", "http", False),
        ("http://cam.example:8601", "cam.example:8600", "http", False),
        ("http://evil.example", "cam.example:8600", "http", False),
        ("http://cam.example:8600.evil.example", "cam.example:8600", "http", False),
        ("http://cam.example:8600/path", "cam.example:8600", "http", False),
        ("http://cam.example:99999", "cam.example:8600", "http", False),
        ("http://[::1", "cam.example:8600", "http", False),
        ("null", "cam.example:8600", "http", False),
        ("", "", "http", False),
        (None, "cam.example:8600", "http", False),
    ],
)
def test_only_our_own_origin_and_the_allowed_ones_are_from_here(origin, host, scheme, expected):
    asked = scope(origin, host, scheme)
    assert comes_from_here(asked, ("https://town.example",)) is expected


@given(st.text(st.characters(max_codepoint=255)))
def test_no_text_as_origin_breaks_the_check(text):
    assert comes_from_here(scope(text), ()) is (text.lower() == "http://cam.example:8600")


UNSAFE = [
    ("POST", "/api/session"),
    ("DELETE", "/api/session"),
    ("POST", "/api/session/password"),
    ("POST", "/api/cameras/gate/whep"),
    ("POST", "/api/cameras/gate/player-token"),
    ("DELETE", "/api/live/x"),
    ("PATCH", "/api/live/x"),
]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_no_other_page_can_change_anything(browser, refused, origin):
    del browser.headers["Origin"]
    headers = {} if origin is None else {"Origin": origin}
    for method, path in UNSAFE:
        refused(browser.request(method, path, headers=headers), 403, "bad_origin")
    assert browser.get("/api/session").status_code == 200


SIGNED_IN = {
    ("GET", "/api/session"),
    ("POST", "/api/session/password"),
    ("GET", "/api/system"),
    ("GET", "/api/cameras"),
    ("GET", "/api/cameras/{camera}"),
    ("GET", "/api/cameras/{camera}/snapshot.jpg"),
    ("POST", "/api/cameras/{camera}/whep"),
    ("POST", "/api/cameras/{camera}/player-token"),
    ("PATCH", "/api/live/{session}"),
    ("DELETE", "/api/live/{session}"),
    ("GET", "/api/incidents"),
    ("GET", "/api/incidents/{incident}"),
    ("GET", "/api/evidence/{evidence}"),
    ("GET", "/api/recordings/{camera}/calendar"),
    ("GET", "/api/recordings/{camera}/segments"),
    ("GET", "/api/recordings/segments/{segment}"),
    ("GET", "/api/recordings/{camera}/span"),
    ("GET", "/api/recordings/{camera}/export"),
    ("GET", "/api/cameras/{camera}/ptz"),
    ("POST", "/api/cameras/{camera}/ptz/move"),
    ("POST", "/api/cameras/{camera}/ptz/stop"),
    ("POST", "/api/cameras/{camera}/ptz/step"),
    ("POST", "/api/cameras/{camera}/ptz/turn-to"),
    ("POST", "/api/cameras/{camera}/ptz/home"),
    ("POST", "/api/cameras/{camera}/ptz/presets/{preset}/go"),
    ("GET", "/api/cameras/{camera}/imaging"),
    ("GET", "/api/cameras/{camera}/clock"),
    ("GET", "/api/cameras/{camera}/encoder"),
    ("GET", "/api/cameras/{camera}/features"),
    ("GET", "/api/cameras/{camera}/talk"),
    ("POST", "/api/cameras/{camera}/talk"),
    ("GET", "/api/cameras/{camera}/rules"),
    ("GET", "/api/cameras/{camera}/water"),
    ("GET", "/api/cameras/{camera}/water/course"),
    ("GET", "/api/cameras/{camera}/water/look"),
    ("GET", "/api/cameras/{camera}/water/look/picture.jpg"),
    ("GET", "/api/cameras/{camera}/water/training"),
    ("POST", "/api/cameras/{camera}/water/training"),
    ("GET", "/api/water/usual"),
    ("POST", "/api/cameras/{camera}/water/only-wet"),
    ("GET", "/api/cameras/{camera}/water/references"),
    ("GET", "/api/cameras/{camera}/water/references/{reference}/picture.jpg"),
    ("GET", "/api/rain"),
    ("POST", "/api/rain"),
    ("GET", "/api/counts"),
    ("GET", "/api/counts.csv"),
    ("DELETE", "/api/cameras/{camera}/water/references/{reference}"),
    ("GET", "/api/cases"),
    ("GET", "/api/cases/{incident}"),
    ("POST", "/api/cases/{incident}/steps"),
    ("GET", "/api/cases/{incident}/check"),
    ("POST", "/api/cases/{incident}/export"),
    ("GET", "/api/cases/{incident}/related"),
    ("POST", "/api/cases/{incident}/steps-with-files"),
    ("GET", "/api/units"),
    ("GET", "/api/sinks"),
    ("GET", "/api/rain/feeds"),
    ("GET", "/api/rain/series"),
    ("GET", "/api/incidents/{incident}/rain"),
    ("POST", "/api/findings"),
    ("GET", "/api/patrol/day"),
    ("GET", "/api/patrol/plan"),
    ("GET", "/api/patrol/rounds/{round_id}"),
    ("POST", "/api/patrol/rounds/{round_id}/arrivals"),
    ("POST", "/api/patrol/rounds/{round_id}/checkins"),
    ("POST", "/api/patrol/rounds/{round_id}/skip"),
    ("GET", "/api/patrol/rounds/{round_id}/pictures/{number}.jpg"),
    ("GET", "/api/patrol/handovers"),
    ("POST", "/api/patrol/handovers"),
    ("POST", "/api/patrol/handovers/{handover}/taken"),
    ("GET", "/api/patrol/rounds.{kind}"),
    ("GET", "/api/reports/cases"),
    ("GET", "/api/reports/cases.{kind}"),
    ("GET", "/api/reports/false-alarms"),
    ("GET", "/api/reports/false-alarms.{kind}"),
    ("GET", "/api/false-alarms/proposals"),
    ("POST", "/api/false-alarms/proposals/{proposal}"),
}
"""For whoever is signed in."""
ADMINISTRATOR = {
    ("GET", "/api/audit"),
    ("GET", "/api/audit/check"),
    ("GET", "/api/users"),
    ("POST", "/api/users"),
    ("PUT", "/api/users/{username}/unit"),
    ("PUT", "/api/users/{username}/role"),
    ("POST", "/api/users/{username}/reset"),
    ("POST", "/api/users/{username}/disable"),
    ("GET", "/api/holds"),
    ("PUT", "/api/cases/{incident}/hold"),
    ("DELETE", "/api/cases/{incident}/hold"),
    ("POST", "/api/cameras"),
    ("PATCH", "/api/cameras/{camera}"),
    ("DELETE", "/api/cameras/{camera}"),
    ("GET", "/api/cameras/{camera}/settings"),
    ("PUT", "/api/cameras/{camera}/ptz/home"),
    ("POST", "/api/cameras/{camera}/ptz/presets"),
    ("PUT", "/api/cameras/{camera}/ptz/presets/{preset}"),
    ("DELETE", "/api/cameras/{camera}/ptz/presets/{preset}"),
    ("PUT", "/api/cameras/{camera}/ptz/tour"),
    ("PATCH", "/api/cameras/{camera}/imaging"),
    ("POST", "/api/cameras/{camera}/clock"),
    ("POST", "/api/cameras/{camera}/reboot"),
    ("PUT", "/api/cameras/{camera}/encoder"),
    ("DELETE", "/api/cameras/{camera}/encoder"),
    ("GET", "/api/onboarding/choices"),
    ("POST", "/api/onboarding/discoveries"),
    ("POST", "/api/onboarding/scans"),
    ("POST", "/api/onboarding/tunings"),
    ("POST", "/api/onboarding/looks"),
    ("POST", "/api/onboarding/tests"),
    ("POST", "/api/onboarding/plans"),
    ("POST", "/api/onboarding/imports"),
    ("POST", "/api/onboarding/export"),
    ("GET", "/api/onboarding/jobs"),
    ("GET", "/api/onboarding/jobs/{job}"),
    ("DELETE", "/api/onboarding/jobs/{job}"),
    ("PUT", "/api/cameras/{camera}/rules"),
    ("GET", "/api/cameras/{camera}/rules/changes"),
    ("PUT", "/api/cameras/{camera}/water"),
    ("DELETE", "/api/cameras/{camera}/water"),
    ("PUT", "/api/units"),
    ("GET", "/api/notify/targets"),
    ("PUT", "/api/notify/targets/{name}"),
    ("DELETE", "/api/notify/targets/{name}"),
    ("POST", "/api/notify/targets/{name}/test"),
    ("GET", "/api/notify/log"),
    ("GET", "/api/platform/statuses"),
    ("POST", "/api/platform/statuses/{number}/again"),
    ("DELETE", "/api/platform/statuses/{number}"),
    ("GET", "/api/sinks/parked"),
    ("POST", "/api/sinks/{sink}/parked/offer"),
    ("POST", "/api/sinks/{sink}/parked/drop"),
    ("PUT", "/api/patrol/plan"),
}
"""For administrators only."""
OPEN = {
    ("POST", "/api/session"),
    ("DELETE", "/api/session"),
    ("OPTIONS", "/api/cameras/{camera}/whep"),
    ("GET", "/api/cameras/{camera}/whep"),
    ("OPTIONS", "/api/live/{session}"),
    ("GET", "/api/live/{session}"),
    ("GET", "/api/locales"),
    ("GET", "/api/locales/{language}.json"),
    ("GET", "/healthz"),
    ("POST", "/api/platform/statuses"),
}
"""For everybody; a grid platform's message proves itself by its signature."""


def asked(routes):
    """Return routes as they are asked for: a camera there is, and things there are not."""
    filled = ((method, path.replace("{camera}", "gate")) for method, path in sorted(routes))
    return [(method, re.sub(r"{\w+}", "x", path)) for method, path in filled]


@pytest.mark.parametrize("token", [None, "", "nonsense", "x" * 5000])
def test_nothing_is_shown_without_a_session(site, refused, token):
    change = {"old_password": "a", "new_password": "b"}
    with site.client() as client:
        if token is not None:
            client.cookies.set("gridpatrol_session", token)
        for method, path in asked(SIGNED_IN | ADMINISTRATOR):
            body = change if path.endswith("password") else None
            refused(client.request(method, path, json=body), 401, "unauthenticated")


def test_every_documented_route_is_guarded_or_open_on_purpose(site):
    routes = {
        (method.upper(), path)
        for path, operations in site.app.openapi()["paths"].items()
        for method in operations
    }
    assert routes == SIGNED_IN | ADMINISTRATOR | OPEN


def test_what_is_for_administrators_is_refused_to_operators(operator, refused):
    for method, path in asked(ADMINISTRATOR):
        refused(operator.request(method, path), 403, "forbidden")
    for method, path in asked(SIGNED_IN):
        assert operator.request(method, path).status_code not in {401, 403}, (method, path)


def test_every_answer_carries_the_headers(site):
    with site.client() as client:
        for path in ("/", "/api/session", "/api/nothing", "/healthz", "/static/no.js"):
            headers = client.get(path).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            assert headers["cross-origin-opener-policy"] == "same-origin"
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert "camera=()" in headers["permissions-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]


def test_answers_of_the_api_are_not_stored(browser):
    assert browser.get("/api/cameras").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("stripped", [True, False])
def test_a_proxy_may_strip_its_prefix_or_not(make_site, stripped):
    site = make_site(serve=ServeSettings(root_path="/patrol"))
    prefix = "" if stripped else "/patrol"
    with site.client() as client:
        assert client.post(f"{prefix}/api/session", json=site.credentials()).status_code == 200
        assert client.get(f"{prefix}/healthz").status_code == 200


def test_a_path_that_only_begins_like_the_prefix_is_not_the_prefix(make_site, refused):
    site = make_site(serve=ServeSettings(root_path="/patrol"))
    with site.client() as client:
        refused(client.get("/patrolling/healthz"), 404, "not_found")


def test_the_documented_schema_can_be_fetched(site):
    with site.client() as client:
        schema = client.get("/api/openapi.json").json()
    assert schema["info"]["title"] == "gridpatrol"
    errors = schema["paths"]["/api/session"]["post"]["responses"]["422"]
    assert errors["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorBody")
