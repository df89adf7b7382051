"""Long work of the console, done beside the requests: bounded, watched, cancelled, forgotten."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, TypeVar

from gateway.clock import monotonic_s
from gateway.errors import BusyError, GatewayError, NotFoundError
from gateway.surprise import tellable

AT_ONCE = 3
"""Jobs that run side by side; each bounds its own sockets."""
MOST_WAITING = 12
KEEP_S = 900.0
"""How long a finished job may be asked for: an onboarding person's tea break."""

CLOSE_S = 4.0
"""How long `close` waits; the whole process has ten seconds to stop."""

Item = TypeVar("Item")


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


@dataclass(frozen=True, slots=True)
class JobStatus(Generic[Item]):
    """A job as it stands. done of total: steps, total 0 while nobody knows. found: results so far.

    error: why it failed.
    """

    id: str
    kind: str
    state: JobState
    done: int = 0
    total: int = 0
    found: tuple[Item, ...] = ()
    error: GatewayError | None = None


class CancelledByPersonError(GatewayError):
    """Raised inside a job's work to end it, because somebody cancelled it."""

    code = "cancelled"


class Job(Generic[Item]):
    """What a job's work tells, and asks: `advance`, `find`, `cancelled`. Safe from any thread."""

    def __init__(self, kind: str) -> None:
        self._lock = threading.Lock()
        self._status: JobStatus[Item] = JobStatus(secrets.token_urlsafe(12), kind, JobState.WAITING)
        self.cancelled = threading.Event()
        self.ended_s: float | None = None

    @property
    def status(self) -> JobStatus[Item]:
        """How it stands."""
        return self._status

    def advance(self, done: int, total: int) -> None:
        """Tell how far it is. Raises CancelledByPersonError when nobody wants it any more."""
        with self._lock:
            self._status = replace(self._status, done=done, total=total)
        self.check()

    def step(self, total: int) -> None:
        """Tell that one more step of `total` is done."""
        with self._lock:
            self._status = replace(self._status, done=self._status.done + 1, total=total)

    def find(self, item: Item) -> None:
        """Add a result."""
        with self._lock:
            self._status = replace(self._status, found=(*self._status.found, item))

    def check(self) -> None:
        """Raise CancelledByPersonError when nobody wants it any more."""
        if self.cancelled.is_set():
            raise CancelledByPersonError("cancelled by request")

    def run(self, work: "Callable[[Job[Item]], None]") -> None:
        """Do the work on this thread, and note how it ended."""
        try:
            self.check()
            self._enter(JobState.RUNNING)
            work(self)
        except CancelledByPersonError:
            self._enter(JobState.CANCELLED)
        except Exception as error:  # noqa: BLE001 a surprise must not look like work going on
            self._enter(JobState.FAILED, tellable(error, f"the {self._status.kind}"))
        else:
            self._enter(JobState.DONE)

    def _enter(self, state: JobState, error: GatewayError | None = None) -> None:
        with self._lock:
            self._status = replace(self._status, state=state, error=error)
            if state in ENDED:
                self.ended_s = monotonic_s()


class JobBoard:
    """The jobs of one process. clock: monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic_s) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._jobs: dict[str, Job[object]] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._room = threading.Semaphore(AT_ONCE)

    def start(self, kind: str, work: Callable[[Job[object]], None]) -> JobStatus[object]:
        """Have work done as soon as there is room; return the new job.

        work: raises GatewayError to fail, and calls `advance` or `check` now and then. Raises
        BusyError when too many wait already.
        """
        job: Job[object] = Job(kind)
        with self._lock:
            self._forget()
            unfinished = sum(one.status.state not in ENDED for one in self._jobs.values())
            if unfinished >= AT_ONCE + MOST_WAITING:
                raise BusyError(f"{unfinished} jobs are not done yet; cancel one or wait for it")
            self._jobs[job.status.id] = job
            # A daemon: a camera that lets a job wait must not keep the process from stopping.
            thread = threading.Thread(
                target=self._run, args=(job, work), name=f"job-{kind}", daemon=True
            )
            self._threads[job.status.id] = thread
        thread.start()
        return job.status

    def get(self, job_id: str) -> JobStatus[object]:
        """Return a job as it stands; raises NotFoundError for one that is not known or expired."""
        return self._job(job_id).status

    def all(self) -> tuple[JobStatus[object], ...]:
        """Return every job that is still known, the oldest first."""
        with self._lock:
            self._forget()
            return tuple(job.status for job in self._jobs.values())

    def cancel(self, job_id: str) -> JobStatus[object]:
        """Ask a job to end; one that has ended stays as it is. Raises NotFoundError."""
        job = self._job(job_id)
        job.cancelled.set()
        return job.status

    def close(self) -> None:
        """Cancel all jobs, and wait some seconds for their threads."""
        with self._lock:
            for job in self._jobs.values():
                job.cancelled.set()
            threads = tuple(self._threads.values())
        deadline_s = self._clock() + CLOSE_S
        for thread in threads:
            thread.join(max(0.0, deadline_s - self._clock()))

    def _run(self, job: Job[object], work: Callable[[Job[object]], None]) -> None:
        with self._room:
            job.run(work)

    def _job(self, job_id: str) -> Job[object]:
        with self._lock:
            self._forget()
            found = self._jobs.get(job_id)
        if found is None:
            raise NotFoundError(f"there is no job {job_id}: it is over for long, or never was")
        return found

    def _forget(self) -> None:
        limit_s = self._clock() - KEEP_S
        over = [key for key, job in self._jobs.items() if (job.ended_s or limit_s) < limit_s]
        for key in over:
            del self._jobs[key], self._threads[key]
