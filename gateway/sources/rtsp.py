"""Cameras by RTSP through our own client: which transport, when to give up, what an error means."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from gateway.clock import monotonic_s
from gateway.errors import (
    GatewayError,
    NotVideoError,
    StalledError,
    StreamLostError,
    UnreachableError,
    UnsupportedServerError,
)
from gateway.packets import Transport
from gateway.rtsp.audio import audio_info
from gateway.rtsp.client import RtspClient, TrackPort, TransportRefusedError
from gateway.rtsp.connection import InterleavedPort
from gateway.rtsp.feed import Feed
from gateway.rtsp.receiver import AudioReceiver, VideoReceiver, is_supported
from gateway.rtsp.sdp import MediaTrack
from gateway.sources.address import shown
from gateway.sources.link import LinkOptions, PacketSink
from gateway.sources.rtsp_dial import describe
from gateway.sources.source import Credentials

FIRST_PICTURE_S = 30.0
"""How long a stream whose parameter sets come in-band may take to its first key frame, as long as
video does arrive: cameras with "smart" codecs send one every 10 to 20 s."""

REPORT_S = 5.0
"""Between receiver reports: the least of RFC 3550 §6.2."""

LOOK_S = 2.0
"""How long a change of patience may take to be noticed."""

GOODBYE_S = 0.5
"""How long a camera may take to answer TEARDOWN."""


class RtspLink:
    """A `Link` for one rtsp:// or rtsps:// URL without credentials.

    With Transport.AUTO the server is asked for TCP, and for UDP if it will not. A stream that is
    silent over one of them is for the session to ask for by the other.
    """

    def __init__(self, url: str, credentials: Credentials | None, options: LinkOptions) -> None:
        self._url, self._name = url, shown(url)
        self._credentials, self._options = credentials, options
        self.silence_limit_s = options.silence_s
        self._transport: Transport | None = None
        self._feed: Feed | None = None

    @property
    def transport(self) -> str | None:
        """How packets come: "tcp" or "udp"; None before SETUP."""
        return self._transport

    @property
    def clock_offset_s(self) -> float | None:
        """The camera's clock minus ours by its newest RTCP report; None while it sent none."""
        return self._feed.clock_offset_s if self._feed else None

    @property
    def reader(self) -> str:
        """Always "rtsp"."""
        return "rtsp"

    async def run(self, sink: PacketSink) -> None:
        """Play until the camera ends it or the task is cancelled; errors as in `Link.run`."""
        try:
            client, feed = await self._open(sink)
        except StreamLostError as error:
            raise UnreachableError(
                f"{str(error).removesuffix('.')} while it was being opened; "
                "it may have too many viewers already."
            ) from None
        try:
            await self._play(client, feed)
        finally:
            await client.close(GOODBYE_S)

    async def _open(self, sink: PacketSink) -> tuple[RtspClient, Feed]:
        client, tracks = await describe(self._url, self._credentials, self._options)
        try:
            feed = await self._set_up(client, tracks, sink)
            await client.play()
        except BaseException:
            await client.close(GOODBYE_S)
            raise
        feed.start()
        return client, feed

    async def _set_up(
        self, client: RtspClient, tracks: Sequence[MediaTrack], sink: PacketSink
    ) -> Feed:
        track = self._video_of(tracks)
        port, transport = await self._set_up_video(client, track)
        self._transport = transport
        is_udp = transport is Transport.UDP
        heard = next((other for other in tracks if audio_info(other)), None)
        sound_port = None
        if heard and self._options.with_audio:
            with suppress(*_REFUSALS):
                sound_port = await client.setup(heard.control, transport)
        info = audio_info(heard) if heard and sound_port else None
        video = VideoReceiver(track, reorder=is_udp, audio=info)
        self._feed = Feed(sink, video, port)
        if isinstance(port, InterleavedPort):
            port.follow(track.payload_type)
        if heard and sound_port:
            self._feed.add_sound(AudioReceiver(heard, video, reorder=is_udp), sound_port)
        return self._feed

    async def _set_up_video(
        self, client: RtspClient, track: MediaTrack
    ) -> tuple[TrackPort, Transport]:
        """Ask for the picture by each transport that may be used until one is granted."""
        *others, last = self._transports()
        for transport in others:
            with suppress(*_REFUSALS):
                return await client.setup(track.control, transport), transport
        try:
            return await client.setup(track.control, last), last
        except TransportRefusedError:
            tried = " or ".join(transport.upper() for transport in (*others, last))
            raise UnsupportedServerError(
                f"{self._name} does not send its picture over {tried}."
            ) from None

    def _transports(self) -> tuple[Transport, ...]:
        if self._options.transport is not Transport.AUTO:
            return (self._options.transport,)
        if self._url.startswith("rtsps:"):
            return (Transport.TCP,)
        return Transport.TCP, Transport.UDP

    def _video_of(self, tracks: Sequence[MediaTrack]) -> MediaTrack:
        shown_tracks = [track for track in tracks if track.kind == "video"]
        if not shown_tracks:
            has_sound = any(track.kind == "audio" for track in tracks)
            what = "sends sound but no picture" if has_sound else "holds no video"
            raise NotVideoError(f"{self._name} {what}; choose another stream or file.")
        for track in shown_tracks:
            if is_supported(track):
                return track
        codec = shown_tracks[0].codec or "an unknown codec"
        raise UnsupportedServerError(f"{self._name} sends {codec}, neither H.264 nor H.265.")

    async def _play(self, client: RtspClient, feed: Feed) -> None:
        """Keep the session alive for as long as pictures come; raises why it ended."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_keep_alive(client))
                tasks.create_task(_report(feed))
                tasks.create_task(self._watch(feed))
                raise await client.connection.wait_closed()
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _watch(self, feed: Feed) -> None:
        """Return never; raises StalledError when there is no picture for too long."""
        began_s = monotonic_s()
        while True:
            limit_s = self.silence_limit_s
            since_s = feed.last_picture_s
            if since_s is None:
                since_s = began_s
                if feed.last_video_s is not None:
                    limit_s = max(limit_s, FIRST_PICTURE_S)
            left_s = since_s + limit_s - monotonic_s()
            if left_s <= 0:
                raise self._stalled(feed, since_s, limit_s)
            await asyncio.sleep(min(left_s, self.silence_limit_s, LOOK_S))

    def _stalled(self, feed: Feed, since_s: float, limit_s: float) -> GatewayError:
        what = "has sent nothing"
        if feed.last_sound_s is not None and feed.last_sound_s > since_s:
            what = "has sent sound but no picture"
        elif feed.last_video_s is not None and feed.last_video_s > since_s:
            what = "has sent no picture that is whole"
        return StalledError(f"{self._name} is connected but {what} for {limit_s:g} s.")


_REFUSALS = (TransportRefusedError, UnreachableError, UnsupportedServerError, NotVideoError)
"""What a server that will not send a track by a transport may say, or not say."""


async def _keep_alive(client: RtspClient) -> None:
    while True:
        await asyncio.sleep(client.keep_alive_s)
        await client.keep_alive()


async def _report(feed: Feed) -> None:
    while True:
        await asyncio.sleep(REPORT_S)
        feed.report(monotonic_s())
