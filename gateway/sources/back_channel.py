"""Speaking through a camera's loudspeaker: a short RTSP session with ONVIF's back channel only."""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress

from gateway.clock import utc_now
from gateway.errors import (
    NoTalkError,
    NotVideoError,
    UnsupportedServerError,
)
from gateway.packets import Transport
from gateway.rtsp.back_channel import REQUIRE, VoiceTrack, voice_track
from gateway.rtsp.client import RtspClient, TrackPort, TransportRefusedError
from gateway.rtsp.voice import VoiceStart, VoiceStream
from gateway.sources.address import shown, split_credentials
from gateway.sources.link import LinkOptions
from gateway.sources.rtsp_dial import describe
from gateway.sources.source import Credentials

SCHEMES = ("rtsp://", "rtsps://")

REPORT_TICKS = 250
"""Between sender reports: 5 s, the least of RFC 3550 §6.2."""

GOODBYE_S = 0.5
"""How long a camera may take to answer TEARDOWN."""


class BackChannel:
    """An open way to a camera's loudspeaker; make one with `open_back_channel`, on its loop only.

    codec: of the frames it takes, a word of `gateway.rtsp.back_channel.G711`. transport: "tcp" or
    "udp".
    """

    def __init__(
        self, client: RtspClient, track: VoiceTrack, port: TrackPort, transport: Transport
    ) -> None:
        self.codec = track.codec
        self.transport = transport
        self._client = client
        self._port = port
        start = VoiceStart(secrets.randbits(32), secrets.randbits(16), secrets.randbits(32))
        self._stream = VoiceStream(track.payload_type, start)
        self._tick = self._reported = -REPORT_TICKS
        port.listen(_pass_over, _pass_over)

    def send(self, frame: bytes, tick: int) -> None:
        """Send 20 ms. tick: counts them from the beginning on, pauses too."""
        self._tick = tick
        self._port.send_rtp(self._stream.packet(frame, tick))
        if tick - self._reported >= REPORT_TICKS:
            self._reported = tick
            self._port.send_rtcp(self._stream.report(tick, utc_now().timestamp()))

    async def run(self) -> None:
        """Keep the session alive; raises StreamLostError when the camera ends it."""
        keeping = asyncio.create_task(self._keep_alive())
        try:
            ending = asyncio.create_task(self._client.connection.wait_closed())
            done, _ = await asyncio.wait([keeping, ending], return_when=asyncio.FIRST_COMPLETED)
            if ending in done:
                raise ending.result()
            ending.cancel()
            keeping.result()
        finally:
            keeping.cancel()

    async def close(self) -> None:
        """Say goodbye and hang up."""
        if self._tick >= 0:
            self._port.send_rtcp(self._stream.goodbye(self._tick, utc_now().timestamp()))
        await self._client.close(GOODBYE_S)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._client.keep_alive_s)
            await self._client.keep_alive()


async def open_back_channel(
    uris: Sequence[str], credentials: Credentials | None, options: LinkOptions
) -> BackChannel:
    """Return the way to a camera's loudspeaker through the first of its streams that has one.

    uris: of its streams; those that are no RTSP are left out. Raises NoTalkError where none has,
    UnreachableError, UnauthorizedError, StreamLostError.
    """
    client, track = await _find(uris, credentials, options)
    try:
        port, transport = await _set_up(client, track, options.transport)
        await client.play(REQUIRE)
    except (UnsupportedServerError, NotVideoError) as error:
        await client.close(GOODBYE_S)
        raise NoTalkError(f"The camera does not let itself be spoken to: {error}") from error
    except BaseException:
        await client.close(GOODBYE_S)
        raise
    return BackChannel(client, track, port, transport)


async def find_voice_codec(
    uris: Sequence[str], credentials: Credentials | None, options: LinkOptions
) -> str:
    """Return what a camera's loudspeaker takes, a word of `G711`; "" where it has none for us.

    Raises UnreachableError, UnauthorizedError, StreamLostError.
    """
    try:
        client, track = await _find(uris, credentials, options)
    except NoTalkError:
        return ""
    await client.close(GOODBYE_S)
    return track.codec


async def _find(
    uris: Sequence[str], credentials: Credentials | None, options: LinkOptions
) -> tuple[RtspClient, VoiceTrack]:
    why = "it has no RTSP stream"
    for uri in uris:
        if not uri.startswith(SCHEMES):
            continue
        bare, inside = split_credentials(uri)
        try:
            client, tracks = await describe(bare, credentials or inside, options, REQUIRE)
        except (UnsupportedServerError, NotVideoError) as error:
            why = str(error)
            continue
        track = voice_track(tracks)
        if track is not None:
            return client, track
        await client.close(GOODBYE_S)
        why = f"{shown(bare)} offers no track for what is said"
    raise NoTalkError(f"The camera cannot be spoken through: {why.removesuffix('.')}.")


async def _set_up(
    client: RtspClient, track: VoiceTrack, wanted: Transport
) -> tuple[TrackPort, Transport]:
    """Ask for the track over TCP, and over UDP where the camera will not have that."""
    *others, last = (Transport.TCP, Transport.UDP) if wanted is Transport.AUTO else (wanted,)
    for transport in others:
        with suppress(TransportRefusedError, UnsupportedServerError, NotVideoError):
            port = await client.setup(track.control, transport, REQUIRE, is_ours=True)
            return port, transport
    try:
        return await client.setup(track.control, last, REQUIRE, is_ours=True), last
    except TransportRefusedError:
        raise UnsupportedServerError("it takes sound neither over TCP nor over UDP") from None


def _pass_over(_frames: Sequence[bytes], _received_s: float, _arrival_s: float) -> None:
    """Take what a camera sends on the channel: receiver reports, which change nothing here."""
