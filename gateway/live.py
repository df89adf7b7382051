"""Live pictures in the browser: a camera's H.264 packets passed through to WebRTC, by WHEP.

Nothing is decoded or encoded, so a viewer costs little; what browsers cannot play as it is
(another codec, pictures out of order) is refused with NotPlayableError, and the console then shows
single pictures. All of it runs on one event loop.
"""

import asyncio
import ipaddress
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

import av
import structlog
from aioice import Candidate
from aioice.ice import get_host_addresses
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamError
from av.stream import Stream

from gateway.config import LiveSettings
from gateway.errors import (
    BadOfferError,
    BusyError,
    ConfigError,
    NoPictureError,
    NotPlayableError,
)
from gateway.hub import Delivery, Hub, HubClosedError, HubReader
from gateway.packets import TICKS_PER_S, StreamInfo
from gateway.probe import Playability, playability
from gateway.timeline import Timeline
from gateway.worker_api import LiveAnswer

READER_PACKETS = 50
"""Packets that may wait for a viewer: two seconds at 25 fps, more is no longer live."""
CONNECT_S = 15.0
"""A browser that has not connected by then never will; a slow phone on 4G takes 3 s."""
LOOPBACK = "127.0.0.1"
SENT_CODECS = ("video/H264", "video/rtx")
TIME_BASE = Fraction(1, TICKS_PER_S)

OFFER_ERRORS = (
    *(InternalError, InvalidAccessError, InvalidStateError, OperationError),
    *(AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError),
)
"""What aiortc raises for an offer: its own errors where it looks, Python's where it does not."""

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
    closing: asyncio.Task[None] | None = field(default=None)


class LiveViewers:
    """Every live session of one worker. Sessions end with their tab, their camera, or `delete`."""

    def __init__(self, settings: LiveSettings) -> None:
        """Start with no session; raises ConfigError when `bind_host` is not of this machine."""
        if settings.bind_host is not None:
            _check_address(settings.bind_host)
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
            answer = await _negotiate(viewer, sdp, self._addresses())
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
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
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
        try:
            await viewer.peer.close()
        finally:
            del self._viewers[viewer.session]

    def _addresses(self) -> list[str]:
        """Return where media is offered; loopback, which aioice leaves out, is better than none."""
        if self._bind_host is not None:
            return [self._bind_host]
        return get_host_addresses(use_ipv4=True, use_ipv6=True) or [LOOPBACK]


async def _negotiate(viewer: _Viewer, sdp: str, addresses: list[str]) -> str:
    """Return the answer to an offer.

    The track and the codecs come before the offer is read: aiortc chooses the codec there, and
    would send H.264 bytes under the name of VP8.
    """
    peer = viewer.peer
    peer.addTrack(viewer.track)
    (transceiver,) = peer.getTransceivers()
    transceiver.direction = "sendonly"
    codecs = RTCRtpSender.getCapabilities("video").codecs
    transceiver.setCodecPreferences([each for each in codecs if each.mimeType in SENT_CODECS])
    _gather_on(transceiver, addresses)
    await peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
    await peer.setLocalDescription(await peer.createAnswer())
    if transceiver.currentDirection != "sendonly":
        raise ValueError("it asks for no video")
    return peer.localDescription.sdp


def _gather_on(transceiver: RTCRtpTransceiver, chosen: list[str]) -> None:
    """Offer media on these addresses only; neither aiortc nor aioice has a setting for it."""
    connection = transceiver.sender.transport.transport.iceGatherer._connection
    gather = connection.get_component_candidates

    async def gather_here(
        component: int,
        addresses: list[str],  # noqa: ARG001  the name is aioice's
        timeout: int = 5,
    ) -> list[Candidate]:
        return await gather(component, chosen, timeout)

    connection.get_component_candidates = gather_here  # type: ignore[method-assign]


def _check_address(host: str) -> None:
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
    except (ValueError, OSError) as error:
        raise ConfigError(
            f"live.bind_host is {host}, and media cannot be sent from there ({error}); name an "
            "address of this machine, or leave the setting out"
        ) from error
