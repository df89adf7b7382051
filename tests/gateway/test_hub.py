import asyncio
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.hub import SOUNDS, AudioDelivery, Delivery, Hub, HubClosedError, HubReader
from gateway.kept_gop import GopLimits
from gateway.packets import AudioInfo, AudioPacket, ClockSource, StreamInfo, VideoPacket

INFO = StreamInfo(codec="h264", width=64, height=48, fps=25.0, extradata=b"")
ALAW = AudioInfo("pcm_alaw", 8000, 1)
HEARD = replace(INFO, audio=ALAW)
START = datetime(2026, 1, 1, tzinfo=UTC)


def packet(number: int, *, is_key: bool = False, size: int = 1) -> VideoPacket:
    return VideoPacket(
        data=bytes(size),
        pts=number * 3600,
        dts=number * 3600,
        is_key=is_key,
        captured_at=START + timedelta(seconds=number / 25),
        clock=ClockSource.ARRIVAL,
        received_s=number / 25,
    )


def started(limits: GopLimits | None = None) -> Hub:
    hub = Hub("gate", limits)
    hub.start(INFO)
    return hub


def publish(hub: Hub, kinds: str, first: int = 0) -> None:
    """Publish one packet for each letter: K a key frame, p any other."""
    for number, kind in enumerate(kinds, first):
        hub.publish(packet(number, is_key=kind == "K"))


def numbers(deliveries: Iterable[Delivery]) -> list[int]:
    return [delivery.packet.pts // 3600 for delivery in deliveries]


def drain(reader: HubReader) -> list[int]:
    taken = []
    while (delivery := reader.get(timeout_s=0)) is not None:
        taken.append(delivery)
    return numbers(taken)


# What one reader gets: published before it joins, after, its capacity, whether it is replayed the
# running GOP -> packets read at the end, packets counted as lost.
@pytest.mark.parametrize(
    ("before", "after", "capacity", "replay", "read", "dropped"),
    [
        ("", "KppKp", 9, True, [0, 1, 2, 3, 4], 0),
        ("", "ppKp", 9, True, [2, 3], 0),
        ("KppKpp", "p", 9, True, [3, 4, 5, 6], 0),
        ("KppKpp", "p", 9, False, [], 0),
        ("KppKpp", "pKp", 9, False, [7, 8], 0),
        ("", "KpppKppK", 3, True, [7], 7),
        ("", "KpKpp", 4, True, [2, 3, 4], 2),
        ("", "Kpppp", 3, True, [], 5),
        ("", "KpppppK", 3, True, [6], 6),
        ("Kppp", "p", 1, True, [0, 1, 2, 3, 4], 0),
        ("Kppp", "pp", 1, True, [], 6),
        ("", "KK", 1, True, [1], 1),
    ],
)
def test_what_a_reader_gets(before, after, capacity, replay, read, dropped):
    hub = started()
    publish(hub, before)
    reader = hub.reader("test", capacity, from_last_key=replay)
    publish(hub, after, first=len(before))
    assert drain(reader) == read
    assert reader.dropped == dropped


def test_a_new_session_starts_on_its_own_key_frame_and_says_so():
    hub = started()
    reader = hub.reader("test", 9)
    publish(hub, "Kp")
    other = StreamInfo(codec="hevc", width=128, height=96, fps=None, extradata=b"")
    hub.start(other)
    publish(hub, "ppKp", first=10)
    taken = [reader.get(timeout_s=0) for _ in range(4)]
    assert [(d.epoch, d.info, d.packet.pts // 3600) for d in taken if d] == [
        (1, INFO, 0),
        (1, INFO, 1),
        (2, other, 12),
        (2, other, 13),
    ]
    assert reader.dropped == 0
    assert (hub.epoch, hub.info) == (2, other)


def test_a_late_reader_is_never_given_the_gop_of_an_ended_session():
    hub = started()
    publish(hub, "Kpp")
    hub.start(INFO)
    assert hub.last_gop() == ()
    assert drain(hub.reader("test", 9)) == []


@pytest.mark.parametrize("limits", [GopLimits(packets=3), GopLimits(bytes=3)])
def test_a_gop_beyond_the_limits_is_not_kept(limits):
    hub = started(limits)
    publish(hub, "Kpp")
    assert numbers(hub.last_gop()) == [0, 1, 2]
    assert hub.last_key() is hub.last_gop()[0].packet
    publish(hub, "pp", first=3)
    assert hub.last_gop() == ()
    assert hub.last_key() is None
    early = hub.reader("test", 9)
    publish(hub, "pK", first=5)
    assert drain(early) == [6]
    assert numbers(hub.last_gop()) == [6]


def test_a_packet_before_any_session_is_a_mistake():
    with pytest.raises(RuntimeError, match="gate"):
        Hub("gate").publish(packet(0, is_key=True))


def test_a_queue_that_holds_nothing_is_a_mistake():
    with pytest.raises(ValueError, match="recorder"):
        started().reader("recorder", 0)


def test_closing_the_hub_lets_readers_finish_what_they_have():
    hub = started()
    reader = hub.reader("test", 9)
    publish(hub, "Kp")
    hub.close()
    hub.close()
    hub.publish(packet(2))
    assert numbers(d for d in (reader.get(0), reader.get(0)) if d) == [0, 1]
    with pytest.raises(HubClosedError, match="gate"):
        reader.get(timeout_s=0)
    with pytest.raises(HubClosedError, match="late"):
        hub.reader("late", 9)


def test_closing_a_reader_forgets_it():
    hub = started()
    with hub.reader("leaves", 9) as leaves, hub.reader("stays", 9) as stays:
        assert hub.readers == (leaves, stays)
        publish(hub, "Kp")
        leaves.close()
        assert hub.readers == (stays,)
        publish(hub, "p", first=2)
        with pytest.raises(HubClosedError):
            leaves.get(timeout_s=0)
        assert drain(stays) == [0, 1, 2]
    assert hub.readers == ()


@pytest.mark.parametrize("end", [Hub.close, lambda hub: hub.readers[0].close()])
def test_a_waiting_thread_is_woken_by_the_end(end):
    hub = started()
    reader = hub.reader("test", 9)
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(HubClosedError):
            reader.get(timeout_s=60)
        ended.set()

    thread = threading.Thread(target=wait)
    thread.start()
    end(hub)
    assert ended.wait(timeout=60)
    thread.join()


async def test_a_task_is_fed_from_another_thread():
    hub = started()
    reader = hub.reader("test", 9)
    waiting = asyncio.create_task(reader.get_async())
    await asyncio.sleep(0)
    source = threading.Thread(target=publish, args=(hub, "Kpp"))
    source.start()
    taken = [await waiting, await reader.get_async(), await reader.get_async()]
    source.join()
    assert numbers(taken) == [0, 1, 2]
    waiting = asyncio.create_task(reader.get_async())
    await asyncio.sleep(0)
    hub.close()
    with pytest.raises(HubClosedError):
        await waiting


def test_a_loop_that_ended_does_not_hurt_the_source():
    hub = started()
    reader = hub.reader("test", 9)

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.get_async(), timeout=0.001)

    asyncio.run(give_up())
    publish(hub, "Kp")
    assert drain(reader) == [0, 1]


def test_a_slow_reader_neither_slows_the_source_nor_the_quick():
    lost: list[tuple[str, int]] = []
    hub = Hub("gate", on_drop=lambda name, count: lost.append((name, count)))
    hub.start(INFO)
    slow = hub.reader("slow", 20)
    quick = hub.reader("quick", 5000)
    publish(hub, "Kppppppppp" * 300)
    assert len(drain(quick)) == 3000
    assert (quick.dropped, slow.waiting) == (0, 20)
    assert slow.dropped == 2980
    assert {name for name, _ in lost} == {"slow"}
    assert sum(count for _, count in lost) == 2980
    assert drain(slow) == list(range(2980, 3000))


def test_many_threads_read_every_packet_in_order():
    hub = started()
    readers = [hub.reader(f"reader {n}", 5000) for n in range(4)]
    seen: dict[str, list[int]] = {}

    def read(reader: HubReader) -> None:
        taken = []
        try:
            while True:
                taken.append(reader.get(timeout_s=60))
        except HubClosedError:
            seen[reader.name] = numbers(taken)

    threads = [threading.Thread(target=read, args=(reader,)) for reader in readers]
    for thread in threads:
        thread.start()
    publish(hub, "Kppp" * 500)
    hub.close()
    for thread in threads:
        thread.join()
    assert list(seen.values()) == [list(range(2000))] * 4


@dataclass(frozen=True)
class Join:
    capacity: int
    replay: bool


@dataclass(frozen=True)
class Read:
    reader: int
    count: int


STEPS = st.lists(
    st.one_of(
        st.sampled_from(["key", "key", "other", "other", "other", "other", "restart"]),
        st.builds(Join, st.integers(1, 6), st.booleans()),
        st.builds(Read, st.integers(0, 3), st.integers(1, 8)),
    ),
    max_size=80,
)


@dataclass
class Reading:
    """A reader under test, one that joined with it and is never too slow, and what was read."""

    reader: HubReader
    ample: HubReader
    taken: list[int]


@given(STEPS)
@example([Join(1, replay=False), "key", "restart", "other"])
def test_every_reader_gets_whole_runs_and_counts_the_rest(steps):
    hub = started(GopLimits(packets=5))
    published: list[tuple[bool, int]] = []
    readings: list[Reading] = []
    for step in steps:
        match step:
            case "key" | "other":
                hub.publish(packet(len(published), is_key=step == "key"))
                published.append((step == "key", hub.epoch))
            case "restart":
                hub.start(INFO)
            case Join(capacity, replay):
                pair = [hub.reader("test", n, from_last_key=replay) for n in (capacity, 1000)]
                readings.append(Reading(*pair, taken=[]))
            case Read(index, count) if index < len(readings):
                reader = readings[index].reader
                taken = [reader.get(timeout_s=0) for _ in range(min(count, reader.waiting))]
                readings[index].taken += numbers(taken)
    for reading in readings:
        reading.taken += drain(reading.reader)
        due = drain(reading.ample)
        assert_whole_runs(reading.taken, published)
        assert_whole_runs(due, published)
        assert set(reading.taken) <= set(due)
        assert len(reading.taken) + reading.reader.dropped == len(due)


def assert_whole_runs(taken: list[int], published: list[tuple[bool, int]]) -> None:
    """Check that each packet is a key frame or directly follows the one before, in its session."""
    for previous, number in pairwise([-2, *taken]):
        is_key, epoch = published[number]
        assert number > previous
        assert is_key or (number == previous + 1 and published[previous][1] == epoch)


def sound(number: int) -> AudioPacket:
    at = START + timedelta(seconds=number / 50)
    return AudioPacket(bytes(160), number * 1800, at, number / 50)


def test_drain_takes_all_there_is_and_ends_as_get_does():
    hub = started()
    reader = hub.reader("recorder", 9)
    assert reader.drain() == []
    publish(hub, "Kpp")
    assert numbers(reader.drain()) == [0, 1, 2]
    assert reader.drain() == []
    publish(hub, "p", first=3)
    hub.close()
    assert numbers(reader.drain()) == [3]
    with pytest.raises(HubClosedError, match="gate"):
        reader.drain()


def test_readers_and_the_kept_gop_share_one_object_for_each_packet():
    hub = started()
    early = hub.reader("early", 9)
    publish(hub, "Kp")
    late = hub.reader("late", 9)
    for mine, yours, kept in zip(early.drain(), late.drain(), hub.last_gop(), strict=True):
        assert mine.packet is yours.packet is kept.packet


def test_sound_reaches_only_those_who_take_it():
    hub = Hub("gate")
    hub.publish_audio(sound(0))
    hub.start(HEARD)
    recorder = hub.reader("recorder", 9, with_audio=True)
    eye = hub.reader("analysis", 9)
    for number in range(3):
        hub.publish_audio(sound(number))
    taken = recorder.drain_audio()
    assert [(d.epoch, d.info, d.packet) for d in taken] == [(1, ALAW, sound(n)) for n in range(3)]
    assert recorder.drain_audio() == eye.drain_audio() == []


def test_sound_that_was_not_announced_is_passed_over():
    hub = started()
    reader = hub.reader("recorder", 9, with_audio=True)
    hub.publish_audio(sound(0))
    assert reader.drain_audio() == []


def test_sound_nobody_fetches_loses_its_oldest_and_no_picture():
    hub = Hub("gate")
    hub.start(HEARD)
    reader = hub.reader("recorder", 9, with_audio=True)
    publish(hub, "K")
    for number in range(SOUNDS + 5):
        hub.publish_audio(sound(number))
    assert [d.packet for d in reader.drain_audio()] == [sound(n) for n in range(5, SOUNDS + 5)]
    assert (reader.dropped, reader.dropped_audio) == (0, 5)
    assert numbers(reader.drain()) == [0]


def test_a_closed_reader_takes_no_sound():
    hub = Hub("gate")
    hub.start(HEARD)
    with hub.reader("recorder", 9, with_audio=True) as reader:
        hub.publish_audio(sound(0))
    reader.push_audio(AudioDelivery(1, ALAW, sound(1)))
    assert reader.drain_audio() == []


def test_a_paused_hub_keeps_nothing_outdated_and_starts_again():
    hub = started()
    stays = hub.reader("live", 9)
    publish(hub, "Kp")
    hub.pause()
    assert hub.last_gop() == ()
    assert drain(hub.reader("late", 9)) == []
    hub.start(INFO)
    publish(hub, "pKp", first=10)
    assert numbers(stays.drain()) == [0, 1, 11, 12]
