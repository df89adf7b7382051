"""Every refusal has one form; our own faults tell nothing."""

import json
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import BusyError, GatewayError, OnvifError
from gateway.http.errors import STATUS, TooManyAttemptsError, answer_errors, error_response

SENTENCE = "What failed, and what to do."


def every_error(parent=GatewayError):
    for kind in parent.__subclasses__():
        yield kind
        yield from every_error(kind)


@pytest.mark.parametrize("kind", sorted(STATUS, key=lambda kind: kind.__name__))
def test_each_error_of_the_table_goes_out_in_our_form(kind):
    error = kind(SENTENCE, 7) if kind is TooManyAttemptsError else kind(SENTENCE)
    answer = error_response(error)
    assert answer.status_code == STATUS[kind]
    assert json.loads(answer.body) == {"error": {"code": kind.code, "message": SENTENCE}}


def test_codes_are_not_shared():
    codes = [kind.code for kind in every_error() if "code" in vars(kind)]
    assert len(codes) == len(set(codes))


def test_a_class_below_one_of_the_table_has_its_status():
    class VeryBusyError(BusyError):
        pass

    assert error_response(VeryBusyError(SENTENCE)).status_code == 503


def test_what_is_to_be_tried_again_says_when():
    assert error_response(TooManyAttemptsError(SENTENCE, 7)).headers["retry-after"] == "7"
    assert int(error_response(BusyError(SENTENCE)).headers["retry-after"]) > 0
    assert "retry-after" not in error_response(OnvifError(SENTENCE)).headers


async def test_a_fault_of_our_own_tells_nothing():
    app = FastAPI()
    answer_errors(app)

    @app.get("/")
    def fail():
        raise RuntimeError("the password is hunter2")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    assert "hunter2" not in answer.text


def test_no_name_or_query_makes_the_api_fail(browser, worker, gate):
    @settings(max_examples=15, deadline=None)
    @given(name=st.text(min_size=1, max_size=30), query=st.text(max_size=40))
    def check(name, query):
        segment = quote(name, safe="", errors="replace")
        for path, asked in (
            (f"/api/cameras/{segment}", {}),
            (f"/api/cameras/{segment}/snapshot.jpg", {"width": query}),
            ("/api/incidents", {"before": query, "camera": name, "kind": query}),
            ("/api/incidents", {"before": f"1.{query}", "limit": query}),
            (f"/api/incidents/{segment}", {}),
            (f"/api/evidence/{segment}", {}),
            (f"/api/locales/{segment}.json", {}),
            (f"/static/{segment}", {}),
            (f"/{segment}", {query: query}),
        ):
            answer = browser.get(path, params=asked)
            assert answer.status_code < 500, (path, asked)
            if answer.is_client_error:
                assert answer.json()["error"].keys() - {"mistakes"} == {"code", "message"}, (
                    path,
                    asked,
                )

    check()


def test_no_body_makes_the_api_fail(site):
    json_values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    )
    fields = st.sampled_from(["username", "password", "old_password", "new_password", "extra"])

    @settings(max_examples=60, deadline=None)
    @given(body=st.binary(max_size=60) | st.dictionaries(fields, json_values, max_size=3))
    def check(body):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = client.post(
            "/api/session", content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in {400, 401, 422, 429}, body
        assert answer.json()["error"].keys() - {"mistakes"} == {"code", "message"}

    with site.client() as client:
        check()
