"""What is written to the log: one format, one stream, no secrets."""

import json
import subprocess
import sys

import pytest

from gateway.config import LogSettings
from gateway.telemetry import URL_PASSWORD

SECRET = "hunter2"
SAID = f"""
import logging, sys, warnings
import structlog
from gateway.config import LogSettings
from gateway.telemetry import set_up_logging
set_up_logging(LogSettings(format=sys.argv[1]), "worker-0")
log = structlog.get_logger()
password = "{SECRET}"
log.info("村口", camera="gate", password=password, api_token=password)
log.warning("opening rtsp://admin:{SECRET}@10.0.0.1/live failed")
logging.getLogger("vendor").error("GET http://u:%s@host/ refused", password)
logging.getLogger("vendor").debug("not written")
try:
    raise ValueError("bad redis://:{SECRET}@queue/0")
except ValueError:
    log.exception("went wrong", camera="gate")
warnings.warn("from rtsp://a:{SECRET}@b/")
"""


def said(form: str) -> subprocess.CompletedProcess[str]:
    """Set logging up in a process of its own, as it lasts for the process."""
    command = [sys.executable, "-c", SAID, form]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def test_lines_are_json_with_the_process_and_the_time():
    done = said("json")
    assert done.stdout == ""
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["level"] for line in lines] == ["info", "warning", "error", "error", "warning"]
    assert lines[0] | {"timestamp": ""} == {
        "event": "村口",
        "camera": "gate",
        "password": "***",
        "api_token": "***",
        "process": "worker-0",
        "level": "info",
        "timestamp": "",
    }
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert "ValueError: bad redis://:***@queue/0" in lines[3]["exception"]


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_secret_is_written(form):
    done = said(form)
    assert SECRET not in done.stdout + done.stderr
    assert "rtsp://admin:***@10.0.0.1/live" in done.stderr
    assert "http://u:***@host/" in done.stderr
    assert "ValueError" in done.stderr


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("rtsp://admin:p@ss:w0rd@10.0.0.1/a", "rtsp://admin:***@10.0.0.1/a"),
        ("rtsp://10.0.0.1:554/a", "rtsp://10.0.0.1:554/a"),
        ("rtsp://admin@10.0.0.1/a", "rtsp://admin@10.0.0.1/a"),
        ("redis://:x@h/0 and rtsp://u:y@g/1", "redis://:***@h/0 and rtsp://u:***@g/1"),
        ("http://h:80/a and b@c.example", "http://h:80/a and b@c.example"),
    ],
)
def test_passwords_in_urls(line, written):
    assert URL_PASSWORD.sub(r"\1:***@", line) == written


def test_log_settings_know_their_formats():
    assert LogSettings().format == "auto"
