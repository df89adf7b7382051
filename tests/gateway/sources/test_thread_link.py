"""Blocking sources as links: the end comes soon, however it comes, and takes the thread along."""

import asyncio
import threading

import pytest

from gateway.errors import NotFoundError, StreamLostError
from gateway.sources import ONCE, AvSource, Limits, ThreadLink, open_link, play

HANG_S = 10.0


class Basket:
    def __init__(self):
        self.infos, self.packets, self.sounds = [], [], []

    def start(self, info):
        self.infos.append(info)

    def publish(self, packet):
        self.packets.append(packet)

    def publish_audio(self, packet):
        self.sounds.append(packet)


@pytest.fixture
def units(coded_stream):
    return [packet.data for packet in coded_stream("h264", 50, gop=10).packets]


def thread_of(link):
    return [thread for thread in threading.enumerate() if thread.name == link._name]


async def until(condition):
    async with asyncio.timeout(HANG_S):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_film_played_once_ends_by_itself(coded_stream, write_film, tmp_path):
    path = write_film(coded_stream("h264", 20, gop=5), tmp_path / "film.mp4")
    link, basket = play(path, ONCE), Basket()
    assert (link.reader, link.transport, link.clock_offset_s) == ("file", None, None)
    async with asyncio.timeout(HANG_S):
        await link.run(basket)
    assert (len(basket.infos), len(basket.packets), link.transport) == (1, 20, "file")
    assert thread_of(link) == []


async def test_what_the_source_raises_comes_out_of_the_link(tmp_path):
    with pytest.raises(NotFoundError, match="absent"):
        await open_link(str(tmp_path / "absent.mp4")).run(Basket())


async def test_a_failure_of_the_sink_ends_the_link(coded_stream, write_film, tmp_path):
    class Broken(Basket):
        def publish(self, packet):
            raise ZeroDivisionError

    path = write_film(coded_stream("h264", 20, gop=5), tmp_path / "film.mp4")
    link = play(path, ONCE)
    with pytest.raises(ZeroDivisionError):
        await link.run(Broken())
    assert thread_of(link) == []


@pytest.mark.parametrize("moment", ["while opening", "while running"])
async def test_a_cancelled_link_ends_soon_beside_a_frozen_camera(rtsp_camera, units, moment):
    camera = rtsp_camera(units, "--fps", "25")
    source = AvSource(camera.url, limits=Limits(open_s=60.0, silence_s=60.0))
    link, basket = ThreadLink(source, "ffmpeg", "ffmpeg-camera"), Basket()
    if moment == "while opening":
        camera.freeze()
    reading = asyncio.create_task(link.run(basket))
    if moment == "while running":
        await until(lambda: basket.packets)
        camera.freeze()
    else:
        await until(lambda: thread_of(link))
    reading.cancel()
    async with asyncio.timeout(30):
        await asyncio.wait([reading])
    assert reading.cancelled()
    assert thread_of(link) == []
    count = len(basket.packets)
    await asyncio.sleep(0.1)
    assert len(basket.packets) == count


async def test_patience_can_be_changed_while_it_runs(rtsp_camera, units):
    camera = rtsp_camera(units, "--fps", "25")
    source = AvSource(camera.url, limits=Limits(silence_s=600.0))
    link, basket = ThreadLink(source, "ffmpeg", "ffmpeg-camera"), Basket()
    reading = asyncio.create_task(link.run(basket))
    await until(lambda: basket.packets)
    assert link.silence_limit_s == 600.0
    link.silence_limit_s = 0.5
    count = len(basket.packets)
    await until(lambda: len(basket.packets) > count)
    camera.freeze()
    async with asyncio.timeout(HANG_S):
        with pytest.raises(StreamLostError, match=r"0\.5 s"):
            await reading
