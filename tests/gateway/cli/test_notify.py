"""Targets by command: the address comes from the environment and goes nowhere else."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from gateway.cli.notify import ADDRESS_VARIABLE
from gateway.config import Settings
from gateway.data_directory import open_store
from gateway.store.notices import NewNotice
from vision.types import Severity


@pytest.fixture
def one_answer():
    """Return the address of a server that takes one message, and what it was told."""
    told = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.handle_request, name="receiver", daemon=True)
    thread.start()
    yield f"json://duty:S3cretWord@127.0.0.1:{server.server_port}/x", told
    server.server_close()


def test_targets_are_set_tried_shown_and_removed(
    gridpatrol, refused, one_answer, tmp_path, monkeypatch
):
    url, told = one_answer
    assert ADDRESS_VARIABLE in refused(3, "notify", "set", "duty")
    monkeypatch.setenv(ADDRESS_VARIABLE, url)
    wishes = tmp_path / "wishes.yaml"
    wishes.write_text("least: red\nquiet: ['22:00-06:00']\n")
    assert gridpatrol("notify", "set", "duty", "--wishes", wishes).exit_code == 0
    monkeypatch.setenv(ADDRESS_VARIABLE, "nonsense")
    assert gridpatrol("notify", "set", "duty").exit_code == 0
    refused(3, "notify", "set", "duty", "--address")
    (one,) = gridpatrol("notify", "targets", "--json").objects
    assert (one["name"], one["wishes"]["least"]) == ("duty", "red")
    shown = gridpatrol("notify", "targets").out
    assert "duty" in shown
    assert "S3cretWord" not in shown
    assert "duty has taken it" in gridpatrol("notify", "test", "duty").err
    assert told[0]["message"] == "测试：gridpatrol的通知可以送达。"
    assert gridpatrol("notify", "remove", "duty").exit_code == 0
    refused(13, "notify", "test", "duty")


def test_mistakes_in_wishes_are_told_with_their_line(refused, tmp_path, monkeypatch):
    monkeypatch.setenv(ADDRESS_VARIABLE, "json://127.0.0.1")
    wishes = tmp_path / "wishes.yaml"
    for text, words in (("least: red\nquite: []\n", ":2: quite"), ("unit: gone", "no unit gone")):
        wishes.write_text(text)
        code = 13 if "unit" in text else 3
        assert words in refused(code, "notify", "set", "duty", "--wishes", wishes)
    assert "no name" in refused(3, "notify", "set", "Duty")


def test_the_log_is_shown(gridpatrol, data_dir, samples):
    now = samples.change().at
    with open_store(Settings(data_dir=data_dir)) as store:
        made = NewNotice("duty", "e", "i", "gate/crowd", "opened", Severity.RED, "人群", now)
        store.notices.keep([made], 1, now)
    (one,) = gridpatrol("notify", "log", "--json").objects
    assert (one["target"], one["state"], one["line"]) == ("duty", "waiting", "人群")
    assert "人群" in gridpatrol("notify", "log", "--target", "duty").out
    assert gridpatrol("notify", "log", "--target", "other", "--json").objects == []
