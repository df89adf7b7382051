"""Ways into JSON documents: strictly, and what is missing is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.json_path import JsonPath

DOCUMENT = {"data": {"stations": [{"雨量": 1.5}, {"雨量": None}]}, "list": [[1, 2], [3]]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", DOCUMENT),
        ("data.stations[0].雨量", 1.5),
        ("data.stations[1].雨量", None),
        ("list[1][0]", 3),
    ],
)
def test_what_stands_there(text, value) -> None:
    assert JsonPath.parse(text).find(DOCUMENT) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data.station", "data (with stations) has no 'station'"),
        ("rain", "the answer (with data, list) has no 'rain'"),
        ("data.stations[2]", "data.stations (a list of 2) has no entry 2"),
        ("data[0]", "data (with stations) has no entry 0"),
        ("data.stations.雨量", "data.stations (a list of 2) has no '雨量'"),
        ("data.stations[0].雨量.x", "data.stations[0].雨量 (no object) has no 'x'"),
    ],
)
def test_what_is_missing(text, said) -> None:
    with pytest.raises(LookupError) as refused:
        JsonPath.parse(text).find(DOCUMENT)
    assert str(refused.value) == f"{text}: {said}"


@pytest.mark.parametrize(
    "text", [".", "a.", ".a", "a..b", "a[", "a[x]", "a[-1]", "a]b", "a[0]b", "[0]a"]
)
def test_what_is_no_path(text) -> None:
    with pytest.raises(ValueError, match="no path"):
        JsonPath.parse(text)


keys = st.text(st.characters(exclude_characters=".[]", exclude_categories=["Cs"]), min_size=1)


@given(st.lists(keys | st.integers(0, 5), min_size=1, max_size=5))
def test_any_place_is_found_by_its_path(parts) -> None:
    document: object = "here"
    for part in reversed(parts):
        document = {part: document} if isinstance(part, str) else [None] * part + [document]
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    assert JsonPath.parse(text.removeprefix(".")).find(document) == "here"
