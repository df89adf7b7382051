"""Messages read by programs that know nothing of ours: jsonschema, and the CloudEvents SDK."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from jsonschema import Draft202012Validator

from gateway.clock import utc_now
from gateway.dispatch.case_message import CaseWriter
from gateway.dispatch.lateness import with_lateness
from gateway.store import Store
from gateway.store.evidence import EvidenceType
from gateway.workflow.case import Action, Actor, Deed, FalseAlarm, Party
from vision.types import ChangeType, Severity

SCHEMAS = Path(__file__).parents[3] / "docs" / "schema"
AT = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def validator(schema_id: str) -> Draft202012Validator:
    """Return what holds data to the published schema that a message names."""
    schema = json.loads((SCHEMAS / f"{schema_id.rpartition(':')[2]}.json").read_text())
    assert schema["$id"] == schema_id
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture
def bodies(store: Store, samples) -> list[str]:
    """Return the messages of an incident's whole life, with its case dismissed and one assigned."""
    raw = samples.evidence(type=EvidenceType.RAW)
    opened = samples.change(readings={"count": 2, "depth_cm": 12.5, "state": "red"})
    store.incidents.record(opened, samples.origin, (raw,), samples.compose)
    worse = samples.change("i-1", ChangeType.UPDATED, 1, after_s=5, severity=Severity.RED)
    store.incidents.record(worse, samples.origin, (), samples.compose)
    clip = samples.evidence(type=EvidenceType.CLIP)
    store.incidents.add_evidence("i-1", (clip,), AT, samples.compose)
    store.incidents.record(samples.change("i-2", zone=None), samples.origin, (), samples.compose)
    for incident, deeds in _deeds().items():
        for deed in deeds:
            revision = store.cases.get(incident).case.revision
            store.cases.take(incident, deed, revision, CaseWriter("dongshan"))
    closed = samples.change("i-1", ChangeType.CLOSED, 2, after_s=9, severity=Severity.RED)
    store.incidents.record(closed, samples.origin, (), samples.compose)
    return [message.body for message in store.outbox.waiting()]


def _deeds() -> dict[str, tuple[Deed, ...]]:
    who, now = Actor(Party.OPERATOR, "li"), utc_now()
    return {
        "i-1": (
            Deed(Action.CONFIRM, who, now, note="两个人"),
            Deed(Action.REPORT, who, now),
            Deed(Action.ASSIGN, who, now, handler="王五", deadline=now + timedelta(hours=4)),
        ),
        "i-2": (Deed(Action.DISMISS, who, now, reason=FalseAlarm.ANIMAL),),
    }


def paths(value: object, path: tuple = ()) -> Iterator[tuple]:
    """Yield the place of every object in a JSON document."""
    if isinstance(value, dict):
        yield path
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*path, index))


def at(value: dict, path: tuple) -> dict:
    for step in path:
        value = value[step]
    return value


def test_every_message_is_what_the_published_schema_says(bodies: list[str]) -> None:
    events = [json.loads(body) for body in bodies]
    assert {event["type"].rpartition(".")[2] for event in events} == {
        "opened",
        "updated",
        "closed",
        "changed",
    }
    for event in events:
        validator(event["dataschema"]).validate(event["data"])


def test_schema_allows_nothing_more_and_nothing_less(bodies: list[str]) -> None:
    """A field more anywhere but among the readings, and the lack of any field, is noticed."""
    for event in map(json.loads, (bodies[0], bodies[-2])):
        judge = validator(event["dataschema"])
        for path in paths(event["data"]):
            if "readings" in path:
                continue
            text = json.dumps(event["data"])
            more = json.loads(text)
            at(more, path)["unheard_of"] = 1
            assert not judge.is_valid(more)
            for key in at(event["data"], path):
                less = json.loads(text)
                del at(less, path)[key]
                assert not judge.is_valid(less), (path, key)


def test_message_says_where_files_are_and_carries_none(bodies: list[str]) -> None:
    """So the message crosses a thin link first, and a clip only when somebody asks for it."""
    incidents = [json.loads(body)["data"]["incident"] for body in bodies]
    (clip,) = [
        piece
        for incident in incidents[-1:]
        for piece in incident["evidence"]
        if piece["type"] == EvidenceType.CLIP
    ]
    assert clip["url"] == f"/api/evidence/{clip['id']}"
    assert max(len(body.encode()) for body in bodies) < 4096


@pytest.mark.parametrize("waited", [timedelta(0), timedelta(hours=3)])
def test_every_message_is_a_cloudevent(bodies: list[str], waited: timedelta) -> None:
    for body in bodies:
        sent = with_lateness(body, AT, AT + waited)
        event = JSONFormat().read(None, sent.encode())
        written = json.loads(body)
        assert event.get_id() == written["id"]
        assert event.get_type() == written["type"]
        assert event.get_subject() in {"i-1", "i-2"}
        assert event.get_data() == written["data"]
        assert event.get_extension("lateseconds") == (int(waited.total_seconds()) or None)
        again = json.loads(JSONFormat().write(event))
        assert again["data"] == written["data"]


def test_reader_would_notice_what_is_no_cloudevent(bodies: list[str]) -> None:
    event = json.loads(bodies[0])
    del event["source"]
    with pytest.raises(CloudEventValidationError):
        JSONFormat().read(None, json.dumps(event).encode())
