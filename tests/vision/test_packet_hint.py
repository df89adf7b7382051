"""Packet sizes: believed only on streams where they tell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.packet_hint import PacketHint

FPS, GOP = 15, 30


def stream(hint, clock, seconds, *, begin_s=0, size=300, stray=0.03, extra=0, seed=1):
    """Feed a stream; return the seconds at which the hint woke."""
    random, woke = np.random.default_rng(seed), []
    for number in range(int(seconds * FPS)):
        at_s = begin_s + number / FPS
        is_key = number % GOP == 0
        bytes_ = 12_000 if is_key else size * 2 ** random.normal(0, stray) + extra
        if hint.see(int(bytes_), is_key, clock(at_s)):
            woke.append(at_s)
    return woke


def test_a_steady_stream_qualifies_and_tells(clock):
    hint = PacketHint()
    assert stream(hint, clock, 60) == []
    assert hint.qualified
    woke = stream(hint, clock, 4, begin_s=60, extra=400)
    assert woke
    assert woke[0] - 60 < 1.0
    assert "tell of motion" in hint.explain()


@pytest.mark.parametrize(
    ("size", "stray"), [(2500, 0.15), (6000, 0.03), (300, 1.0)], ids=["CBR", "large", "wind"]
)
def test_streams_that_tell_nothing_do_not_qualify(clock, size, stray):
    hint = PacketHint()
    assert stream(hint, clock, 60, size=size, stray=stray) == []
    assert stream(hint, clock, 4, begin_s=60, size=size, stray=stray, extra=800) == []
    assert not hint.qualified
    assert "tell nothing" in hint.explain()


def test_a_stream_that_gets_windy_loses_its_qualification(clock):
    hint = PacketHint()
    stream(hint, clock, 60)
    stream(hint, clock, 240, begin_s=60, size=2500, stray=0.5)
    assert not hint.qualified


def test_nothing_is_said_while_learning(clock):
    hint = PacketHint()
    assert stream(hint, clock, 5, extra=0) == []
    assert not hint.qualified
    assert "learning" in hint.explain()


def test_a_pause_ends_a_wake(clock):
    hint = PacketHint()
    stream(hint, clock, 60)
    stream(hint, clock, 4, begin_s=60, extra=400)
    assert not hint.see(9000, is_key=False, at=clock(100))
    assert not hint.see(300, is_key=True, at=clock(100.1))


def test_pictures_that_are_all_keys_never_qualify(clock):
    hint = PacketHint()
    woke = [hint.see(5000 + n, is_key=True, at=clock(n / 15)) for n in range(2000)]
    assert not any(woke)
    assert not hint.qualified


@given(
    st.lists(st.tuples(st.integers(0, 10**8), st.booleans(), st.floats(-1e6, 1e6)), max_size=200)
)
def test_any_stream_gets_an_answer(clock, packets):
    hint = PacketHint()
    for size, is_key, at_s in packets:
        assert not hint.see(size, is_key, clock(at_s)) or hint.qualified
    assert hint.explain()
