import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.dispatch.message import IncidentEvent
from gateway.dispatch.schema import schema_text
from gateway.store import Store
from gateway.store.evidence import EvidenceType
from vision.types import ChangeType

ROOT = Path(__file__).parents[3]


@pytest.fixture
def body(store: Store, samples) -> str:
    raw = samples.evidence(type=EvidenceType.RAW)
    store.incidents.record(samples.change(), samples.origin, (raw,), samples.compose)
    closed = samples.change("i-1", ChangeType.CLOSED, 1, after_s=12.3456)
    store.incidents.record(closed, samples.origin, (), samples.compose)
    return store.outbox.waiting()[1].body


def test_whole_message(body: str, samples) -> None:
    raw = samples.evidence(type=EvidenceType.RAW)
    assert json.loads(body) == {
        "specversion": "1.0",
        "id": "i-1/1",
        "source": "/gridpatrol/dongshan",
        "type": "gridpatrol.incident.closed",
        "subject": "i-1",
        "time": "2026-05-01T08:00:12.345Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:gridpatrol:schema:incident-v1",
        "data": {
            "incident": {
                "id": "i-1",
                "revision": 1,
                "kind": "person_presence",
                "severity": "yellow",
                "camera": {
                    "id": "gate",
                    "name": "村口",
                    "channel_code": "33010200001320000001",
                    "unit": "东山村",
                    "grid": "第三网格",
                },
                "zone": "gate",
                "rule": {"id": "person-at-gate", "type": "presence"},
                "opened_at": "2026-05-01T08:00:00.000Z",
                "last_seen_at": "2026-05-01T08:00:12.345Z",
                "closed_at": "2026-05-01T08:00:12.345Z",
                "ending": "cleared",
                "readings": {"count": 2, "dwell_s": 12.3456},
                "evidence": [
                    {
                        "id": raw.id,
                        "type": "raw",
                        "sha256": raw.sha256,
                        "bytes": 1234,
                        "url": f"/api/evidence/{raw.id}",
                    }
                ],
                "model": {"name": "nanodet-g", "sha256": "d" * 64},
                "versions": {"gridpatrol": "0.1.0", "message": 2},
            }
        },
    }


def test_same_incident_gives_the_same_bytes(store: Store, samples, body: str) -> None:
    stored = store.incidents.get("i-1")
    at = samples.change(after_s=12.3456).at
    assert samples.compose(stored, ChangeType.CLOSED, at) == body
    assert "村口" in body
    assert ", " not in body


def test_message_is_what_its_own_model_reads(body: str) -> None:
    assert IncidentEvent.model_validate_json(body).model_dump_json() == body


readings = st.dictionaries(
    st.text(min_size=1),
    st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    max_size=5,
)
numbers = iter(range(1_000_000))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(readings)
def test_readings_pass_unchanged_in_one_order(store: Store, samples, readings: dict) -> None:
    first, second = f"a-{next(numbers)}", f"b-{next(numbers)}"
    turned = dict(reversed(readings.items()))
    for incident_id, given_readings in ((first, readings), (second, turned)):
        change = samples.change(incident_id, readings=given_readings)
        store.incidents.record(change, samples.origin, (), samples.compose)
    bodies = [store.outbox.of_incident(one)[0].body for one in (first, second)]
    assert bodies[0] == bodies[1].replace(second, first)
    assert json.loads(bodies[0])["data"]["incident"]["readings"] == readings
    assert store.incidents.get(first).incident.readings == readings


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("more",), 1),
        (("specversion",), "0.3"),
        (("type",), "gridpatrol.incident.vanished"),
        (("time",), "2026-05-01 08:00"),
        (("data", "incident", "more"), 1),
        (("data", "incident", "severity"), "purple"),
        (("data", "incident", "camera", "face"), "x"),
        (("data", "incident", "model", "sha256"), "short"),
        (("data", "incident", "revision"), -1),
    ],
)
def test_messages_outside_the_schema_are_refused(body: str, path: tuple, value: object) -> None:
    event = json.loads(body)
    place = event
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValidationError):
        IncidentEvent.model_validate(event, strict=False)


def test_event_in_the_documentation_is_one() -> None:
    documentation = (ROOT / "docs" / "queue.md").read_text()
    (example,) = re.findall(r"```json\n(.*?)```", documentation, re.DOTALL)
    IncidentEvent.model_validate_json(example)


def test_published_schema_is_the_one_the_code_keeps() -> None:
    published = (ROOT / "docs" / "schema" / "incident-v1.json").read_text()
    assert published == schema_text(), "run: python -m gateway.dispatch.schema"
    assert json.loads(published)["additionalProperties"] is False
