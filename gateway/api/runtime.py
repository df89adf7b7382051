"""What the API keeps in memory while it runs, and how its routes come by it."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Self, cast

from anyio import CapacityLimiter
from fastapi import Depends
from starlette.requests import HTTPConnection

from gateway.api.broadcaster import Broadcaster
from gateway.api.event_messages import EventMessages
from gateway.api.live_sessions import LiveSessions
from gateway.api.services import Services
from gateway.api.session_watch import SessionWatch
from gateway.api.watcher import rights_of
from gateway.jobs import JobBoard
from gateway.locales import Catalogues

PASSWORD_CHECKS = 2
"""Passwords compared at once: each takes 64 MiB and a core for about 50 ms."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """The state of one running server. password_checks: how many sign-ins may be judged at once."""

    watch: SessionWatch
    live: LiveSessions
    broadcaster: Broadcaster
    catalogues: Catalogues
    password_checks: CapacityLimiter
    jobs: JobBoard

    @classmethod
    def new(cls, services: Services) -> Self:
        """Return the state of a server that nobody uses yet. Raises ConfigError: bad catalogues."""
        watch = SessionWatch(partial(rights_of, services.store))
        return cls(
            watch=watch,
            live=LiveSessions(services.workers, watch),
            broadcaster=Broadcaster(EventMessages(services)),
            catalogues=Catalogues.load(services.locale_dir),
            password_checks=CapacityLimiter(PASSWORD_CHECKS),
            jobs=JobBoard(),
        )


def _runtime(connection: HTTPConnection) -> Runtime:
    return cast(Runtime, connection.app.state.runtime)


RuntimeDep = Annotated[Runtime, Depends(_runtime)]
