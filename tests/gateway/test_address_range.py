"""Address ranges as people write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.address_range import hosts_in, parse_range
from gateway.errors import ConfigError


def listed(*texts: str, most: int = 1000, allow_public: bool = False) -> list[str]:
    ranges = map(parse_range, texts)
    return [str(one) for one in hosts_in(ranges, most=most, allow_public=allow_public)]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("192.168.1.7", ["192.168.1.7"]),
        ("192.168.1.0/30", ["192.168.1.1", "192.168.1.2"]),
        ("192.168.1.2/30", ["192.168.1.1", "192.168.1.2"]),
        ("192.168.1.0/31", ["192.168.1.0", "192.168.1.1"]),
        ("192.168.1.9-11", ["192.168.1.9", "192.168.1.10", "192.168.1.11"]),
        (" 192.168.1.255 - 192.168.2.0 ", ["192.168.1.255", "192.168.2.0"]),
        ("fd00::1-fd00::2", ["fd00::1", "fd00::2"]),
    ],
)
def test_forms(text, addresses):
    assert listed(text) == addresses


@pytest.mark.parametrize(
    "text",
    ["", "-", "10.0.0.9-10.0.0.1", "10.0.0.1-fd00::1", "10.0.0.0/33", "camera", "10.0.0.1-999"],
)
def test_what_is_no_range(text):
    with pytest.raises(ConfigError, match=r"give a network such as 192\.168\.1\.0/24"):
        parse_range(text)


def test_each_address_once():
    assert listed("10.0.0.1-2", "10.0.0.2-3") == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]


@pytest.mark.parametrize(
    "text",
    ["8.8.8.8", "9.255.255.255-10.0.0.1", "10.0.0.1-192.168.0.1", "169.254.0.1", "2001:db8::1"],
)
def test_what_is_not_private_must_be_confirmed(text):
    with pytest.raises(ConfigError, match="yours to ask"):
        listed(text, most=2**70)
    assert hosts_in([parse_range("8.8.8.8")], most=1, allow_public=True)


@pytest.mark.parametrize("text", ["10.0.0.0/8", "fd00::/8", "::/0"])
def test_more_than_is_polite(text):
    with pytest.raises(ConfigError, match="more than the 1000"):
        listed(text, allow_public=True)


@given(st.text(max_size=40))
def test_any_text_is_a_range_or_refused(text):
    with suppress(ConfigError):
        assert len(parse_range(text)) >= 1
