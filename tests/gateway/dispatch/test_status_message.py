"""What a platform sends is read as the published schema has it, and refused with its place."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gateway.dispatch.schema import schema_text
from gateway.dispatch.status_message import MAX_BYTES, read_status
from gateway.errors import BadStatusError
from gateway.workflow.case import FalseAlarm

ROOT = Path(__file__).parents[3]
PUBLISHED = (ROOT / "docs" / "schema" / "status-v1.json").read_text()
VALIDATOR = Draft202012Validator(json.loads(PUBLISHED))
EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/grid/county",
    "type": "gridpatrol.case.status",
    "subject": "i-0",
    "time": "2026-05-01T16:20:00+08:00",
    "data": {"status": "rejected", "by": "李", "reason": "animal", "note": " 是狗 "},
}


def changed(path: str, value: object) -> dict:
    """Return the event with one value set, or taken away for None."""
    event = json.loads(json.dumps(EVENT))
    *parents, last = path.split(".")
    holder = event
    for parent in parents:
        holder = holder[parent]
    if value is None:
        del holder[last]
    else:
        holder[last] = value
    return event


def test_a_message_as_the_workflow_takes_it() -> None:
    report = read_status(json.dumps(EVENT)).report
    assert (report.source, report.event_id, report.case_id) == ("/grid/county", "e-1", "i-0")
    assert (report.status, report.by, report.note) == ("rejected", "李", "是狗")
    assert report.reason is FalseAlarm.ANIMAL
    assert report.at.isoformat() == "2026-05-01T16:20:00+08:00"


def test_who_does_not_say_who_is_the_platform() -> None:
    assert read_status(json.dumps(changed("data.by", "  "))).report.by == "/grid/county"


@pytest.mark.parametrize(
    ("path", "value"),
    [("traceparent", "00-1"), ("site", "dongshan"), ("data.deadline", "2026-05-02T08:00:00Z")],
)
def test_what_may_be_there(path: str, value: str) -> None:
    event = changed(path, value)
    read_status(json.dumps(event))
    VALIDATOR.validate(event)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("specversion", "0.3"),
        ("id", ""),
        ("id", None),
        ("source", "x" * 201),
        ("type", "gridpatrol.case.changed"),
        ("subject", "x" * 37),
        ("subject", 7),
        ("time", None),
        ("time", 1_777_000_000),
        ("data", {}),
        ("data.status", "done"),
        ("data.reason", "boredom"),
        ("data.mood", "good"),
        ("data.note", "zero\x00"),
        ("data.handler", 5),
    ],
)
def test_what_may_not_is_refused_by_us_and_by_the_schema(path: str, value: object) -> None:
    event = changed(path, value)
    with pytest.raises(BadStatusError, match=path.replace(".", r"\.")):
        read_status(json.dumps(event))
    assert not VALIDATOR.is_valid(event)


@pytest.mark.parametrize(
    "body", ["", "[]", "nonsense", '{"id": "\\ud800"}', b"\xff\xfe", "x" * (MAX_BYTES + 1)]
)
def test_what_is_no_message_at_all(body: str | bytes) -> None:
    with pytest.raises(BadStatusError):
        read_status(body)


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(BadStatusError, match="time"):
        read_status(json.dumps(changed("time", "2026-05-01T16:20:00")))


def test_published_schema_is_the_one_the_code_keeps() -> None:
    assert schema_text("status") == PUBLISHED, "run: python -m gateway.dispatch.schema status"
