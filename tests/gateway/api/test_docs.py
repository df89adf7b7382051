"""docs/api.md names every route, every error code and every close code."""

from pathlib import Path

import pytest

from gateway.api.broadcaster import CloseCode
from gateway.http.errors import PROTOCOL_CODES, STATUS
from gateway.worker_api import create_worker_app

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")


def test_every_route_is_documented(site):
    for path in site.app.openapi()["paths"]:
        assert path in TEXT


def test_every_route_of_a_workers_port_is_documented(worker):
    for route in create_worker_app(worker, "token").openapi()["paths"]:
        assert f"{route}`" in TEXT


@pytest.mark.parametrize(
    "code", sorted({kind.code for kind in STATUS} | {*PROTOCOL_CODES.values()})
)
def test_every_error_code_is_documented(code):
    assert f"`{code}`" in TEXT


def test_every_close_code_is_documented():
    for code in CloseCode:
        assert f"| {code} |" in TEXT
