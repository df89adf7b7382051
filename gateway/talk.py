"""Speaking through cameras: from a browser's microphone by WebRTC to a camera's back channel.

One person at a time speaks through a camera. A talk ends when its speaker ends it or goes away,
when the camera hangs up, and after `talk.max_s`. All of it runs on one event loop.
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import structlog
from aiortc import MediaStreamTrack, RTCPeerConnection
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from gateway import telemetry
from gateway.clock import monotonic_s, to_iso, utc_now
from gateway.config import LiveSettings, TalkSettings
from gateway.errors import BadOfferError, GatewayError, TalkBusyError
from gateway.media_network import MediaNetwork
from gateway.rtsp.voice import FRAME_S
from gateway.sources import Credentials, LinkOptions
from gateway.sources.back_channel import BackChannel, open_back_channel
from gateway.speech import SpeechCoder, SpeechQueue
from gateway.store.inventory import Camera
from gateway.webrtc import OFFER_ERRORS, add_late, answer_voice, split_mdns
from gateway.worker_talk_api import TalkAnswer, TalkState

CONNECT_S = 15.0
"""A browser whose sound has not come by then never will; a slow phone on 4G takes 3 s."""

QUIET_S = 3.0
"""A browser that sends nothing for so long is gone: a microphone's silence is sent as well."""

WEBRTC_NAMES: Mapping[str, str] = {"pcm_alaw": "audio/PCMA", "pcm_mulaw": "audio/PCMU"}

log = structlog.get_logger()


class TalkEnd(StrEnum):
    """Why a talk ended."""

    DONE = "done"
    SPEAKER_GONE = "speaker_gone"
    CAMERA_GONE = "camera_gone"
    LIMIT = "limit"
    STOPPED = "stopped"


@dataclass(slots=True, eq=False)
class _Talk:
    """One person's turn at one camera, from the claim to its end."""

    session: str
    camera_id: str
    speaker: str
    peer: RTCPeerConnection
    began_at: datetime = field(default_factory=utc_now)
    queue: SpeechQueue = field(default_factory=SpeechQueue)
    frames: int = 0
    end: TalkEnd = TalkEnd.DONE
    over: asyncio.Event = field(default_factory=asyncio.Event)
    running: asyncio.Task[None] | None = None


class Talks:
    """Every talk of one worker."""

    def __init__(self, settings: TalkSettings, live: LiveSettings) -> None:
        """Start with nobody speaking; raises ConfigError for addresses not of this machine."""
        self._settings = settings
        self._network = MediaNetwork(live)
        self._talks: dict[str, _Talk] = {}

    @property
    def sessions(self) -> tuple[str, ...]:
        """The ids of the talks there are, oldest first."""
        return tuple(talk.session for talk in self._talks.values())

    def state(self, camera_id: str) -> TalkState:
        """Return who speaks through a camera."""
        talk = self._talks.get(camera_id)
        return TalkState(talk.speaker, talk.began_at) if talk else TalkState()

    async def offer(
        self, camera: Camera, credentials: Credentials | None, sdp: str, speaker: str
    ) -> TalkAnswer:
        """Open the way to a camera's loudspeaker and answer the offer of who wants to speak.

        Raises TalkBusyError, NoTalkError, UnreachableError, UnauthorizedError, StreamLostError,
        BadOfferError and BusyError.
        """
        talk = self._claim(camera.id, speaker)
        try:
            channel = await _open(camera, credentials)
            try:
                track, answer = await self._answer(talk, channel, sdp)
            except BaseException:
                await channel.close()
                raise
        except BaseException:
            del self._talks[camera.id]
            await talk.peer.close()
            raise
        talk.running = asyncio.create_task(self._run(talk, track, channel))
        log.info("a talk began", camera=camera.id, user=speaker, codec=channel.codec)
        return TalkAnswer(talk.session, answer, self._settings.max_s)

    async def delete(self, session: str, end: TalkEnd = TalkEnd.DONE) -> None:
        """End one talk and wait until it is over; one that is not there is no error."""
        talk = next((one for one in self._talks.values() if one.session == session), None)
        if talk is not None and talk.running is not None:
            talk.end = end
            talk.over.set()
            await asyncio.wait([talk.running])

    async def close_all(self) -> None:
        """End every talk."""
        await asyncio.gather(*(self.delete(one, TalkEnd.STOPPED) for one in self.sessions))

    def _claim(self, camera_id: str, speaker: str) -> _Talk:
        other = self._talks.get(camera_id)
        if other is not None:
            raise TalkBusyError(
                f"{other.speaker} speaks through camera {camera_id} since "
                f"{to_iso(other.began_at)}; wait until that has ended"
            )
        talk = _Talk(secrets.token_urlsafe(16), camera_id, speaker, self._network.new_peer())
        self._talks[camera_id] = talk
        return talk

    async def _answer(
        self, talk: _Talk, channel: BackChannel, sdp: str
    ) -> tuple[MediaStreamTrack, str]:
        try:
            offer, late = split_mdns(sdp)
            wanted = WEBRTC_NAMES[channel.codec]
            track, answer = await answer_voice(talk.peer, wanted, offer, self._network)
            await add_late(talk.peer, late)
        except OFFER_ERRORS as error:
            raise BadOfferError(
                f"the offer to speak through {talk.camera_id} cannot be used: {error}"
            ) from error
        return track, answer

    async def _run(self, talk: _Talk, track: MediaStreamTrack, channel: BackChannel) -> None:
        """Carry what is said until the talk is over, then put everything away and say how it was.

        Nobody cancels it: who wants it to end sets `over`.
        """
        over = asyncio.create_task(talk.over.wait())
        listening = asyncio.create_task(_listen(talk, track, channel.codec))
        speaking = asyncio.create_task(_speak(talk, channel))
        tasks = {over, listening, speaking}
        try:
            done, _ = await asyncio.wait(
                tasks, timeout=self._settings.max_s, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                talk.end = TalkEnd.LIMIT
            elif over not in done:
                talk.end = TalkEnd.SPEAKER_GONE if listening in done else TalkEnd.CAMERA_GONE
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await asyncio.gather(channel.close(), talk.peer.close())
            del self._talks[talk.camera_id]
            _tell(talk)


async def _open(camera: Camera, credentials: Credentials | None) -> BackChannel:
    uris = tuple(dict.fromkeys(uri for uri in (camera.main_uri, camera.analysis_uri) if uri))
    return await open_back_channel(uris, credentials, LinkOptions(camera.transport))


async def _listen(talk: _Talk, track: MediaStreamTrack, codec: str) -> None:
    """Take what comes from the browser, until nothing does."""
    coder = SpeechCoder(codec)
    patience_s = CONNECT_S
    while True:
        try:
            async with asyncio.timeout(patience_s):
                sound = await track.recv()
        except (TimeoutError, MediaStreamError):
            return
        patience_s = QUIET_S
        if isinstance(sound, AudioFrame):
            for frame in coder.code(sound):
                talk.queue.put(frame)


async def _speak(talk: _Talk, channel: BackChannel) -> None:
    """Send what waits, until the camera hangs up."""
    keeping = asyncio.create_task(channel.run())
    sending = asyncio.create_task(_pace(talk, channel))
    try:
        await keeping
    except GatewayError as error:
        log.info("a camera ended a talk", camera=talk.camera_id, reason=str(error))
    finally:
        keeping.cancel()
        sending.cancel()


async def _pace(talk: _Talk, channel: BackChannel) -> None:
    """Send a frame every 20 ms for as long as there are any; after a hold-up it catches up."""
    began_s = monotonic_s()
    tick = 0
    while True:
        frame = talk.queue.take()
        if frame is not None:
            channel.send(frame, tick)
            talk.frames += 1
        tick += 1
        await asyncio.sleep(began_s + tick * FRAME_S - monotonic_s())


def _tell(talk: _Talk) -> None:
    spoken_s = round(talk.frames * FRAME_S, 2)
    telemetry.TALK_SECONDS.labels(talk.camera_id).inc(spoken_s)
    log.info(
        "a talk ended",
        camera=talk.camera_id,
        user=talk.speaker,
        why=talk.end.value,
        seconds=round((utc_now() - talk.began_at).total_seconds(), 1),
        spoken_s=spoken_s,
        dropped=talk.queue.dropped,
    )
