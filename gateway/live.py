"""Live pictures in the browser: a camera's H.264 packets passed through to WebRTC, by WHEP.

Nothing is decoded or encoded, so a viewer costs little; what browsers cannot play as it is
(another codec, pictures out of order) is refused with NotPlayableError, and the console then shows
single pictures. All of it runs on one event loop.
"""

import asyncio
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import av
import structlog
from aiortc import MediaStreamTrack, RTCPeerConnection
from aiortc.mediastreams import MediaStreamError
from av.stream import Stream

from gateway.config import LiveSettings
from gateway.errors import (
    BadOfferError,
    BusyError,
    NoPictureError,
    NotPlayableError,
)
from gateway.hub import Delivery, Hub, HubClosedError, HubReader
from gateway.packets import TICKS_PER_S, StreamInfo
from gateway.probe import Playability, playability
from gateway.timeline import Timeline
from gateway.webrtc import (
    OFFER_ERRORS,
    add_late,
    answer_offer,
    media_addresses,
    new_peer,
    split_mdns,
)
from gateway.worker_api import LiveAnswer

READER_PACKETS = 50
"""Packets that may wait for a viewer: two seconds at 25 fps, more is no longer live."""
CONNECT_S = 15.0
"""A browser that has not connected by then never will; a slow phone on 4G takes 3 s."""
TIME_BASE = Fraction(1, TICKS_PER_S)

log = structlog.get_logger()


def plays_live(hub: Hub) -> bool:
    """Say whether browsers can play what a camera sends now; False while it has sent nothing."""
    return hub.info is not None and _judge(hub.info, hub.last_gop()).plays


def _judge(info: StreamInfo, packets: Iterable[Delivery]) -> Playability:
    """Judge a stream by its description and, as that may keep B-frames back, by its packets."""
    goes_back = any(later.packet.pts < earlier.packet.pts for earlier, later in pairwise(packets))
    return playability(info.codec, info.profile, has_b_frames=info.has_b_frames or goes_back)


class PacketTrack(MediaStreamTrack):
    """A camera's packets as a WebRTC track: from the last key frame on, then as they come.

    It ends when the hub does, and when the stream turns into one that browsers cannot play. It
    reads the hub from the first `recv` on, which is when the viewer is connected.
    """

    kind = "video"

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self._hub = hub
        self._reader: HubReader | None = None
        self._timeline = Timeline()
        self._last_pts = -1

    async def recv(self) -> "av.Packet[Stream]":
        """Return the next packet; raises MediaStreamError when the track has ended."""
        if self.readyState != "live":
            raise MediaStreamError
        try:
            if self._reader is None:
                self._reader = self._hub.reader("live", READER_PACKETS)
            delivery = await self._reader.get_async()
        except HubClosedError as error:
            self.stop()
            raise MediaStreamError from error
        pts = self._timeline.place(delivery).pts
        if pts <= self._last_pts or not _judge(delivery.info, ()).plays:
            self.stop()
            raise MediaStreamError
        self._last_pts = pts
        packet = av.Packet(delivery.packet.data)
        packet.pts = packet.dts = pts
        packet.time_base = TIME_BASE
        return packet

    def stop(self) -> None:
        """End the track and leave the hub."""
        super().stop()
        if self._reader is not None:
            self._reader.close()


@dataclass(slots=True, eq=False)
class _Viewer:
    session: str
    camera_id: str
    peer: RTCPeerConnection
    track: PacketTrack
    lookup: asyncio.Task[None] | None = None
    closing: asyncio.Task[None] | None = None


class LiveViewers:
    """Every live session of one worker. Sessions end with their tab, their camera, or `delete`."""

    def __init__(self, settings: LiveSettings) -> None:
        """Start with no session; raises ConfigError when `bind_host` is not of this machine."""
        media_addresses(settings.bind_host)
        self._bind_host = settings.bind_host
        self._max_viewers = settings.max_viewers
        self._viewers: dict[str, _Viewer] = {}

    @property
    def sessions(self) -> tuple[str, ...]:
        """The ids of the sessions there are, oldest first."""
        return tuple(self._viewers)

    async def offer(self, hub: Hub, sdp: str) -> LiveAnswer:
        """Answer one browser's offer; its pictures come as soon as it connects.

        Raises NoPictureError, NotPlayableError, BadOfferError and BusyError.
        """
        self._check_camera(hub)
        if "H264/90000" not in sdp.upper() and "\nm=video" in sdp:
            raise NotPlayableError("this browser offers no H.264; show single pictures instead")
        viewer = self._admit(hub)
        try:
            offer, late = split_mdns(sdp)
            addresses = media_addresses(self._bind_host)
            answer = await answer_offer(viewer.peer, viewer.track, offer, addresses)
            viewer.lookup = asyncio.create_task(add_late(viewer.peer, late))
        except OFFER_ERRORS as error:
            await self.delete(viewer.session)
            raise BadOfferError(f"the offer for {hub.camera_id} cannot be used: {error}") from error
        except BaseException:
            await self.delete(viewer.session)
            raise
        asyncio.get_running_loop().call_later(CONNECT_S, self._drop_unconnected, viewer)
        return LiveAnswer(viewer.session, answer)

    async def delete(self, session: str) -> None:
        """End one session and wait until it is gone; one that is not there is no error."""
        viewer = self._viewers.get(session)
        if viewer is not None:
            await asyncio.shield(self._close(viewer))

    async def close_all(self) -> None:
        """End every session."""
        await asyncio.gather(*(self._close(viewer) for viewer in list(self._viewers.values())))

    def _check_camera(self, hub: Hub) -> None:
        if hub.info is None:
            raise NoPictureError(f"camera {hub.camera_id} has not sent anything yet")
        verdict = _judge(hub.info, hub.last_gop())
        if not verdict.plays:
            raise NotPlayableError(
                f"camera {hub.camera_id} cannot be shown live: {verdict.reason}; until then, "
                "single pictures are shown"
            )

    def _admit(self, hub: Hub) -> _Viewer:
        if len(self._viewers) >= self._max_viewers:
            raise BusyError(
                f"{self._max_viewers} live pictures are open, the most this worker sends; close "
                "one or raise live.max_viewers"
            )
        peer = new_peer()
        viewer = _Viewer(secrets.token_urlsafe(16), hub.camera_id, peer, PacketTrack(hub))
        self._viewers[viewer.session] = viewer
        viewer.track.on("ended", lambda: self._close(viewer))
        peer.on("connectionstatechange", lambda: self._follow_state(viewer))
        return viewer

    def _follow_state(self, viewer: _Viewer) -> None:
        state = viewer.peer.connectionState
        log.info("live session", camera=viewer.camera_id, session=viewer.session, state=state)
        if state in {"failed", "closed"}:
            self._close(viewer)

    def _drop_unconnected(self, viewer: _Viewer) -> None:
        if viewer.peer.connectionState != "connected":
            self._close(viewer)

    def _close(self, viewer: _Viewer) -> asyncio.Task[None]:
        """Begin to end a session, once; the task is done when its sockets are closed."""
        if viewer.closing is None:
            viewer.closing = asyncio.ensure_future(self._part(viewer))
        return viewer.closing

    async def _part(self, viewer: _Viewer) -> None:
        viewer.track.stop()
        if viewer.lookup is not None:
            viewer.lookup.cancel()
        try:
            await viewer.peer.close()
        finally:
            del self._viewers[viewer.session]
