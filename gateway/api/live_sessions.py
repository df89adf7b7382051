"""Live pictures on their way from workers to browsers, each under the sign-in that asked for it."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog

from gateway.api.session_watch import SessionWatch
from gateway.errors import WorkerUnreachableError
from gateway.worker_client import WorkerClient

PRUNE_S = 30.0
"""How often sessions are forgotten whose viewer left without a word."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class LiveSession:
    """One viewer of one camera: the worker that sends, and the session's id there.

    etag: names the one ICE session there is (RFC 9110 §8.8.3).
    """

    id: str
    worker_url: str
    among: "LiveSessions"
    etag: str = field(default_factory=lambda: f'"{secrets.token_urlsafe(9)}"')

    async def end(self) -> None:
        """Stop the pictures."""
        await self.among.stop(self)


class LiveSessions:
    """The live sessions that this process arranged. Used on the event loop only."""

    def __init__(self, workers: WorkerClient, watch: SessionWatch) -> None:
        self._workers = workers
        self._watch = watch
        self._sessions: dict[str, LiveSession] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def begin(self, worker_url: str, session_id: str, token: str) -> LiveSession:
        """Remember a session that a worker has just begun for who has a token; return it."""
        session = LiveSession(session_id, worker_url, self)
        self._sessions[session_id] = session
        self._watch.hold(session, token)
        return session

    def find(self, session_id: str, token: str) -> LiveSession | None:
        """Return a session of who has a token; None when it is not there, or another's."""
        session = self._sessions.get(session_id)
        return session if session is not None and self._watch.holds(session, token) else None

    async def end(self, session_id: str, token: str) -> None:
        """End a session of who has a token; one that is not there, or another's, is left alone."""
        session = self.find(session_id, token)
        if session is not None:
            await self.stop(session)

    async def stop(self, session: LiveSession) -> None:
        """End a session. A worker that is gone sends no pictures, so that is no error."""
        self._forget(session)
        try:
            await self._workers.live_delete(session.worker_url, session.id)
        except WorkerUnreachableError as error:
            log.info("live session ended with its worker", session=session.id, reason=str(error))

    async def prune(self) -> None:
        """Forget sessions that their workers no longer have."""
        held = tuple(self._sessions.values())
        for worker_url in {session.worker_url for session in held}:
            alive = await self._alive(worker_url)
            for session in held:
                if session.worker_url == worker_url and session.id not in alive:
                    self._forget(session)

    async def end_strangers(self, worker_urls: Iterable[str]) -> None:
        """End sessions that an earlier run of this process left behind: their sign-ins are lost."""
        for worker_url in worker_urls:
            for session_id in await self._alive(worker_url) - self._sessions.keys():
                await self.stop(LiveSession(session_id, worker_url, self))

    async def _alive(self, worker_url: str) -> frozenset[str]:
        try:
            return frozenset((await self._workers.status(worker_url)).live_sessions)
        except WorkerUnreachableError:
            return frozenset()

    def _forget(self, session: LiveSession) -> None:
        self._sessions.pop(session.id, None)
        self._watch.release(session)
