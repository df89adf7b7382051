"""The back channel on the wire: what is asked, what is sent, and cameras that will not."""

import asyncio
from itertools import pairwise

import pytest

from gateway.errors import NoTalkError, StreamLostError, UnauthorizedError, UnreachableError
from gateway.packets import Transport
from gateway.rtsp.rtcp import sender_report
from gateway.sources.back_channel import REPORT_TICKS, find_voice_codec, open_back_channel
from gateway.sources.link import LinkOptions

REQUIRED = "www.onvif.org/ver20/backchannel"
PICTURE = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:video\r\na=recvonly\r\n"
SPEAKER = "m=audio 0 RTP/AVP 8\r\na=control:speaker\r\na=sendonly\r\n"
HEAD = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
FRAME = bytes(range(160))
PATIENCE_S = 60
OPTIONS = LinkOptions(open_s=1)


def describing(scripted, *, demand: bool = True):
    """Return an answer to DESCRIBE that names the loudspeaker to who demands it."""

    def describe(request):
        asked = request.fields.get("require") == REQUIRED
        return scripted.Reply(body=HEAD + PICTURE + (SPEAKER if asked and demand else ""))

    return describe


@pytest.fixture
def camera(scripted):
    """Return a maker of scripted cameras that have a loudspeaker."""

    def make(**answers):
        return scripted.ScriptedCamera(
            [],
            answers={"DESCRIBE": describing(scripted), "PLAY": lambda _: scripted.Reply()}
            | answers,
        )

    return make


async def until(condition):
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_exchange_is_onvifs(camera):
    async with camera() as there:
        channel = await open_back_channel([there.url], None, OPTIONS)
        assert (channel.codec, channel.transport) == ("pcm_alaw", Transport.TCP)
        for tick in range(3):
            channel.send(FRAME, tick)
        channel.send(FRAME, REPORT_TICKS)
        await channel.close()
        (client,) = there.clients
        await until(lambda: "TEARDOWN" in there.methods)
    assert there.methods == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]
    by_method = {request.method: request for request in there.requests}
    for method in ("DESCRIBE", "SETUP", "PLAY"):
        assert by_method[method].fields["require"] == REQUIRED
    assert by_method["SETUP"].url == f"{there.url}/speaker"
    rtp = [data for number, data in client.frames if number == 0]
    assert [data[12:] for data in rtp] == [FRAME] * 4
    assert [data[1] for data in rtp] == [0x80 | 8, 8, 8, 0x80 | 8]
    numbers = [int.from_bytes(data[2:4]) for data in rtp]
    assert all((after - before) & 0xFFFF == 1 for before, after in pairwise(numbers))
    rtcp = [data for number, data in client.frames if number == 1]
    assert len(rtcp) == 3
    assert all(sender_report(data) for data in rtcp)
    assert rtcp[-1][-8:-4] == bytes([0x81, 203, 0, 1])
    assert {data[8:12] for data in rtp} == {data[4:8] for data in rtcp}


async def test_what_it_takes_is_found_without_opening_it(camera):
    async with camera() as there:
        assert await find_voice_codec([there.url], None, OPTIONS) == "pcm_alaw"
        assert "SETUP" not in there.methods


async def test_datagrams_are_sent_where_tcp_is_refused(camera, scripted):
    def setup(request):
        if "TCP" in request.fields["transport"]:
            return scripted.Reply(461, "Unsupported transport")
        fields = {"Session": "1", "Transport": f"{request.fields['transport']};server_port=9-10"}
        return scripted.Reply(fields=fields)

    async with camera(SETUP=setup) as there:
        channel = await open_back_channel([there.url], None, OPTIONS)
        assert channel.transport == Transport.UDP
        channel.send(FRAME, 0)
        await channel.close()


@pytest.mark.parametrize("status", [551, 400, 405, 404, 501])
async def test_a_camera_that_does_not_know_the_demand_cannot_be_spoken_through(
    camera, scripted, status
):
    async with camera(DESCRIBE=lambda _: scripted.Reply(status, "No")) as there:
        assert await find_voice_codec([there.url], None, OPTIONS) == ""
        with pytest.raises(NoTalkError):
            await open_back_channel([there.url], None, OPTIONS)


async def test_a_camera_that_passes_over_the_demand_cannot_be_spoken_through(camera, scripted):
    async with camera(DESCRIBE=describing(scripted, demand=False)) as there:
        with pytest.raises(NoTalkError, match="no track for what is said"):
            await open_back_channel([there.url], None, OPTIONS)


@pytest.mark.parametrize(
    ("method", "status", "error"),
    [
        ("SETUP", 461, NoTalkError),
        ("SETUP", 459, NoTalkError),
        ("SETUP", 453, UnreachableError),
        ("PLAY", 455, NoTalkError),
        ("PLAY", 503, UnreachableError),
        ("PLAY", 401, UnauthorizedError),
    ],
)
async def test_refusals_on_the_way(camera, scripted, method, status, error):
    async with camera(**{method: lambda _: scripted.Reply(status, "No")}) as there:
        with pytest.raises(error):
            await open_back_channel([there.url], None, OPTIONS)
        (client,) = there.clients
        await until(client.writer.is_closing)


async def test_silence_is_no_answer(camera):
    async with camera(DESCRIBE=lambda _: None) as there:
        with pytest.raises(UnreachableError):
            await open_back_channel([there.url], None, OPTIONS)


async def test_a_camera_that_hangs_up_ends_it(camera):
    async with camera() as there:
        channel = await open_back_channel([there.url], None, OPTIONS)
        running = asyncio.create_task(channel.run())
        there.clients[0].close()
        with pytest.raises(StreamLostError):
            await running
        channel.send(FRAME, 0)
        await channel.close()


async def test_it_is_kept_alive_as_the_camera_wants(camera, scripted):
    def setup(request):
        fields = {"Session": "1;timeout=2", "Transport": request.fields["transport"]}
        return scripted.Reply(fields=fields)

    async with camera(SETUP=setup) as there:
        channel = await open_back_channel([there.url], None, OPTIONS)
        running = asyncio.create_task(channel.run())
        await until(lambda: "GET_PARAMETER" in there.methods)
        running.cancel()
        await channel.close()
