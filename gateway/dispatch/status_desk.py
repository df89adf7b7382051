"""Where statuses of grid platforms are heard, whichever way they come."""

from collections.abc import Callable
from datetime import datetime

from gateway.clock import utc_now
from gateway.dispatch.case_message import CaseWriter
from gateway.dispatch.status_message import read_status
from gateway.errors import BadStatusError, NotFoundError, StepRefusedError
from gateway.store import Store
from gateway.store.statuses import Heard, Way


class StatusDesk:
    """Hears messages for one site. Safe to use from many threads at once."""

    def __init__(self, store: Store, site: str, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._site = site
        self._compose = CaseWriter(site)
        self._now = now

    def hear(self, body: str, way: Way) -> Heard | None:
        """Do what a message says; return what it came to, None for a message of another site.

        Raises BadStatusError, NotFoundError (no such case) and StepRefusedError, with the message
        parked; and StorageError, with nothing done.
        """
        try:
            event = read_status(body)
            if event.site not in {None, self._site}:
                return None
            heard = self._store.statuses.take(event.report, self._compose, self._now())
        except (BadStatusError, NotFoundError, StepRefusedError) as error:
            self._store.statuses.park(body, way, error.code, str(error), self._now())
            raise
        self._store.statuses.unpark(body)
        return heard

    def hear_again(self, number: int) -> Heard | None:
        """Try a parked message once more; see `hear`. Raises NotFoundError for no such number."""
        return self.hear(self._store.statuses.parked_body(number), Way.QUEUE)
