from datetime import UTC, datetime, timedelta

import pytest

from gateway.overload import BEGINS_S, ENDS_S, Overload

BEGAN = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def told(seconds: str) -> str:
    """Return which seconds are told of, of those ("x") in which there is too much to do."""
    overload, marks = Overload(), ""
    for second, mark in enumerate(seconds):
        now = BEGAN + timedelta(seconds=second)
        overload.see(overloaded=mark == "x", at_s=float(second), now=now)
        marks += "x" if overload.since else "."
    return marks


LONG = round(BEGINS_S)
REST = round(ENDS_S)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        ("." * 60, "." * 60),
        ("xx.." * 15, "." * 60),
        ("x" * 30, "." * LONG + "x" * (30 - LONG)),
        ("x" * 10 + "....." + "x" * 15, "." * LONG + "x" * (30 - LONG)),
        ("x" * 10 + "." * 40, "." * LONG + "x" * (9 - LONG + REST) + "." * (41 - REST)),
    ],
)
def test_what_passes_is_no_news_and_pauses_are_no_end(seconds: str, shown: str) -> None:
    assert told(seconds) == shown


def test_it_is_known_since_when() -> None:
    overload = Overload()
    for second in range(30):
        now = BEGAN + timedelta(seconds=second)
        overload.see(overloaded=second >= 5, at_s=float(second), now=now)
    assert overload.since == BEGAN + timedelta(seconds=5)
