"""Live pictures in the browser: a camera's H.264 packets passed through to WebRTC, by WHEP.

Nothing is decoded or encoded, so a viewer costs little. What browsers cannot play as it is (another
codec, pictures out of order) is transcoded for a few cameras at a time; beyond that it is refused
with NotPlayableError, and the console then shows single pictures. All of it runs on one event loop.
"""

import asyncio
import secrets
from collections.abc import Coroutine
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog
from aiortc import RTCPeerConnection
from aiortc.sdp import candidate_from_sdp
from aiortc.stats import RTCRemoteInboundRtpStreamStats

from gateway import telemetry
from gateway.clock import utc_now
from gateway.config import LiveSettings
from gateway.errors import (
    BadOfferError,
    BusyError,
    IceRestartError,
    NoPictureError,
    NotFoundError,
    NotPlayableError,
    TranscodesFullError,
)
from gateway.hub import Delivery, Hub, HubClosedError
from gateway.live_mode import find_hindrance, plays
from gateway.live_tracks import PictureTrack, SoundTrack, sound_codec
from gateway.media_network import MediaNetwork
from gateway.store.camera_states import LiveMode
from gateway.transcode import Transcoders
from gateway.webrtc import OFFER_ERRORS, Broadcast, add_late, answer_offer, split_mdns
from gateway.whep import Hindrance, IceFragment, StreamChoice
from gateway.worker_api import LiveAnswer, ViewerStatus

PICTURE_S = 6.0
"""Longest wait for the first key frame of a stream that is pulled on demand, or transcoded."""
CONNECT_S = 15.0
"""A browser that has not connected by then never will; a slow phone on 4G takes 3 s."""

log = structlog.get_logger()


class LiveSource(Protocol):
    """One stream of a camera, pulled as long as somebody holds a lease."""

    @property
    def hub(self) -> Hub:
        """What it sends."""
        ...

    def lease(self) -> AbstractContextManager[object]:
        """Have it pulled until the end of the context."""
        ...


@dataclass(frozen=True, slots=True)
class SteadySource:
    """A stream that is pulled whether anyone watches or not."""

    hub: Hub

    def lease(self) -> AbstractContextManager[object]:
        """Do nothing."""
        return nullcontext()


@dataclass(frozen=True, slots=True)
class _Showing:
    """What a viewer is given."""

    hub: Hub
    mode: LiveMode = LiveMode.WHEP
    why: Hindrance | None = None


@dataclass(slots=True, eq=False)
class _Viewer:
    """One session. hold: what ends with it: the lease of the stream, its part of a transcoder."""

    session: str
    camera_id: str
    stream: StreamChoice
    peer: RTCPeerConnection
    began_at: datetime
    hold: ExitStack = field(default_factory=ExitStack)
    showing: _Showing | None = None
    track: PictureTrack | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    closing: asyncio.Task[None] | None = None
    lost_packets: int = 0


class LiveViewers:
    """Every live session of one worker. Sessions end with their tab, their camera, or `delete`."""

    def __init__(self, settings: LiveSettings) -> None:
        """Start with no session; raises ConfigError when the addresses are not of this machine."""
        self._settings = settings
        self._network = MediaNetwork(settings)
        self._transcoders = Transcoders(settings)
        self._viewers: dict[str, _Viewer] = {}

    @property
    def sessions(self) -> tuple[str, ...]:
        """The ids of the sessions there are, oldest first."""
        return tuple(self._viewers)

    async def offer(
        self,
        source: LiveSource,
        sdp: str,
        stream: StreamChoice = StreamChoice.SUB,
    ) -> LiveAnswer:
        """Answer one player's offer; its pictures come as soon as it connects.

        stream: which one `source` is; only a sub stream is made smaller. Raises NoPictureError,
        NotPlayableError, BadOfferError and BusyError.
        """
        camera_id = source.hub.camera_id
        if "H264/90000" not in sdp.upper() and "\nm=video" in sdp:
            raise NotPlayableError("this browser offers no H.264; show single pictures instead")
        viewer = self._admit(camera_id, stream)
        try:
            viewer.showing = await self._showing(viewer, source)
            answer = await self._connect(viewer, viewer.showing, sdp)
        except OFFER_ERRORS as error:
            await self.delete(viewer.session)
            raise BadOfferError(f"the offer for {camera_id} cannot be used: {error}") from error
        except BaseException:
            await self.delete(viewer.session)
            raise
        asyncio.get_running_loop().call_later(CONNECT_S, self._drop_unconnected, viewer)
        return LiveAnswer(viewer.session, answer, viewer.showing.mode, viewer.showing.why)

    async def add_candidates(self, session: str, fragment: IceFragment) -> None:
        """Take candidates that a player found after its offer; what cannot be used is left out.

        Raises NotFoundError, IceRestartError for another ICE session's, BadOfferError.
        """
        viewer = self._viewers.get(session)
        if viewer is None:
            raise NotFoundError(f"there is no live session {session}; offer anew")
        if fragment.ufrag and f"a=ice-ufrag:{fragment.ufrag}" not in (
            viewer.peer.remoteDescription.sdp
        ):
            raise IceRestartError("ICE cannot begin anew within a session; offer anew")
        try:
            candidates = [candidate_from_sdp(text) for text in fragment.candidates]
        except OFFER_ERRORS as error:
            raise BadOfferError(f"a candidate cannot be read: {error}") from error
        self._spawn(viewer, add_late(viewer.peer, candidates))

    async def delete(self, session: str) -> None:
        """End one session and wait until it is gone; one that is not there is no error."""
        viewer = self._viewers.get(session)
        if viewer is not None:
            await asyncio.shield(self._close(viewer))

    async def close_all(self) -> None:
        """End every session."""
        await asyncio.gather(*(self._close(viewer) for viewer in list(self._viewers.values())))

    async def status(self) -> tuple[ViewerStatus, ...]:
        """Return how each session fares, oldest first."""
        return tuple([await self._status(viewer) for viewer in list(self._viewers.values())])

    def _admit(self, camera_id: str, stream: StreamChoice) -> _Viewer:
        if len(self._viewers) >= self._settings.max_viewers:
            raise BusyError(
                f"{self._settings.max_viewers} live pictures are open, the most this worker sends; "
                "close one or raise live.max_viewers"
            )
        viewer = _Viewer(
            secrets.token_urlsafe(16), camera_id, stream, self._network.new_peer(), utc_now()
        )
        self._viewers[viewer.session] = viewer
        self._count(camera_id)
        viewer.peer.on("connectionstatechange", lambda: self._follow_state(viewer))
        return viewer

    async def _showing(self, viewer: _Viewer, source: LiveSource) -> _Showing:
        """Have the stream pulled, wait for it, and choose what the viewer is given of it."""
        hub = source.hub
        try:
            viewer.hold.enter_context(source.lease())
            async with asyncio.timeout(PICTURE_S):
                delivery = await _first(hub)
                why = find_hindrance(delivery.info, hub.last_gop(), self._settings)
                if why is Hindrance.SIZE and viewer.stream is StreamChoice.MAIN:
                    why = None
                if why is None:
                    return _Showing(hub)
                return await self._transcoded(viewer, hub, why)
        except TimeoutError as error:
            raise NoPictureError(
                f"camera {hub.camera_id} has sent nothing for {PICTURE_S:g} s; try again"
            ) from error
        except HubClosedError as error:
            raise NotPlayableError(
                f"camera {hub.camera_id} sends what cannot be decoded here, or was removed"
            ) from error

    async def _transcoded(self, viewer: _Viewer, hub: Hub, why: Hindrance) -> _Showing:
        try:
            small = viewer.hold.enter_context(self._transcoders.use(hub))
        except TranscodesFullError:
            if why is Hindrance.SIZE:
                return _Showing(hub)
            raise
        await _first(small)
        return _Showing(small, LiveMode.TRANSCODED, why)

    async def _connect(self, viewer: _Viewer, showing: _Showing, sdp: str) -> str:
        """Return the answer that gives the viewer what was chosen."""
        info = showing.hub.info
        codec = sound_codec(info.audio if info else None)
        sound = SoundTrack() if codec and "\nm=audio" in sdp else None
        viewer.track = PictureTrack(showing.hub, plays, sound)
        viewer.track.on("ended", lambda: self._close(viewer))
        offer, late = split_mdns(sdp)
        broadcast = Broadcast(viewer.track, sound, codec)
        answer = await answer_offer(viewer.peer, broadcast, offer, self._network)
        self._spawn(viewer, add_late(viewer.peer, late))
        return answer

    def _spawn(self, viewer: _Viewer, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        viewer.tasks.add(task)
        task.add_done_callback(viewer.tasks.discard)

    async def _status(self, viewer: _Viewer) -> ViewerStatus:
        report = await self._report(viewer)
        track = viewer.track
        return ViewerStatus(
            session=viewer.session,
            camera=viewer.camera_id,
            stream=viewer.stream,
            mode=viewer.showing.mode if viewer.showing else LiveMode.WHEP,
            began_at=viewer.began_at,
            state=viewer.peer.connectionState,
            sent_bytes=track.sent_bytes if track else 0,
            dropped=track.dropped if track else 0,
            lost_packets=report.packetsLost if report else None,
            round_trip_ms=_milliseconds(report.roundTripTime) if report else None,
        )

    async def _report(self, viewer: _Viewer) -> RTCRemoteInboundRtpStreamStats | None:
        """Return what the player last said of its pictures, and count what it lost."""
        for sender in viewer.peer.getSenders():
            if sender.kind != "video":
                continue
            for report in (await sender.getStats()).values():
                if isinstance(report, RTCRemoteInboundRtpStreamStats):
                    more = max(0, report.packetsLost - viewer.lost_packets)
                    telemetry.LIVE_LOST.labels(viewer.camera_id).inc(more)
                    viewer.lost_packets += more
                    return report
        return None

    def _count(self, camera_id: str) -> None:
        watching = sum(viewer.camera_id == camera_id for viewer in self._viewers.values())
        telemetry.LIVE_VIEWERS.labels(camera_id).set(watching)

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
        if viewer.track is not None:
            viewer.track.stop()
        for task in viewer.tasks:
            task.cancel()
        try:
            await self._report(viewer)
            await viewer.peer.close()
            await asyncio.to_thread(viewer.hold.close)
        finally:
            del self._viewers[viewer.session]
            self._count(viewer.camera_id)


async def _first(hub: Hub) -> Delivery:
    """Wait for a stream's first key frame, or the one there is."""
    with hub.reader("live-start", 1) as reader:
        return await reader.get_async()


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)
