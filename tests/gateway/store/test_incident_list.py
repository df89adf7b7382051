from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store import Store
from gateway.store.incident_list import Cursor, IncidentFilter, IncidentState
from gateway.workflow.case import Step
from vision.types import ChangeType, Severity

EVERYTHING = IncidentFilter()
BEGAN = datetime(2026, 5, 1, 8, tzinfo=UTC)


@pytest.fixture
def store(store: Store, samples) -> Store:
    """23 incidents, several of them at the same moment, every third closed, on two cameras."""
    for number in range(23):
        opened = samples.change(
            f"i-{number:02}",
            camera="gate" if number % 2 else "road",
            kind="person_presence" if number % 5 else "vehicle_presence",
            severity=Severity.RED if number < 4 else Severity.GREEN,
            opened_at=samples.change().at + timedelta(seconds=number // 4),
        )
        store.incidents.record(opened, samples.origin, (), samples.compose)
        if number % 3 == 0:
            closed = replace(
                opened,
                type=ChangeType.CLOSED,
                sequence=1,
                incident=replace(opened.incident, closed_at=opened.at),
            )
            store.incidents.record(
                closed, samples.origin, (samples.evidence(f"i-{number:02}"),), samples.compose
            )
    return store


def walk(store: Store, wanted: IncidentFilter, limit: int) -> list[list[str]]:
    pages, before = [], None
    while True:
        page = store.incident_list.page(wanted, before, limit)
        pages.append([stored.incident.id for stored in page.incidents])
        if page.next is None:
            return pages
        before = Cursor.parse(str(page.next))


@pytest.mark.parametrize("limit", [1, 3, 4, 22, 23, 24, 100])
def test_pages_show_everything_once_newest_first(store: Store, limit: int) -> None:
    pages = walk(store, EVERYTHING, limit)
    assert list(chain(*pages)) == [f"i-{number:02}" for number in reversed(range(23))]
    assert all(len(page) == limit for page in pages[:-1])
    assert 0 < len(pages[-1]) <= limit


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (IncidentFilter(state=IncidentState.OPEN), lambda n: n % 3),
        (IncidentFilter(state=IncidentState.CLOSED), lambda n: n % 3 == 0),
        (IncidentFilter(camera="gate"), lambda n: n % 2),
        (IncidentFilter(kind="vehicle_presence"), lambda n: n % 5 == 0),
        (IncidentFilter(severity=Severity.RED), lambda n: n < 4),
        (
            IncidentFilter(since=BEGAN + timedelta(seconds=1), until=BEGAN + timedelta(seconds=3)),
            lambda n: 4 <= n < 12,
        ),
        (
            IncidentFilter(IncidentState.OPEN, "gate", "person_presence", Severity.GREEN),
            lambda n: n % 3 and n % 2 and n % 5 and n >= 4,
        ),
        (IncidentFilter(step=Step.DISCOVERED), lambda n: True),
        (IncidentFilter(step=Step.HANDLING), lambda n: False),
        (IncidentFilter(camera="nobody' OR 1=1 --"), lambda n: False),
    ],
)
def test_filters(store: Store, wanted: IncidentFilter, chosen) -> None:
    expected = [f"i-{number:02}" for number in reversed(range(23)) if chosen(number)]
    assert list(chain(*walk(store, wanted, 4))) == expected
    assert store.incident_list.count(wanted) == len(expected)


def test_open_incidents_by_camera(store: Store) -> None:
    assert store.incident_list.open_counts() == {"road": 8, "gate": 7}


def test_page_carries_evidence_of_each_incident_alone(store: Store, samples) -> None:
    page = store.incident_list.page(EVERYTHING)
    for stored in page.incidents:
        number = int(stored.incident.id[2:])
        assert len(stored.evidence) == (number % 3 == 0)
        assert all(piece.incident_id == stored.incident.id for piece in stored.evidence)


def test_new_incidents_do_not_shift_the_pages_below(store: Store, samples) -> None:
    first = store.incident_list.page(EVERYTHING, limit=10)
    late = samples.change("late", opened_at=samples.change().at + timedelta(hours=1))
    store.incidents.record(late, samples.origin, (), samples.compose)
    second = store.incident_list.page(EVERYTHING, first.next, limit=13)
    assert second.incidents[0].incident.id == "i-12"
    assert (len(second.incidents), second.next) == (13, None)


moments = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(moments, st.text(st.characters(codec="ascii"), min_size=1))
def test_cursor_is_read_as_it_was_written(opened_at: datetime, incident_id: str) -> None:
    cursor = Cursor(opened_at, incident_id)
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "x", "12", "12.", ".id", "1e3.id", "9" * 40 + ".id", "12-id"])
def test_no_cursor(text: str) -> None:
    with pytest.raises(ValueError, match="is not a cursor"):
        Cursor.parse(text)
