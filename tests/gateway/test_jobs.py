"""Jobs of the console: bounded, watched, cancelled, forgotten, and never silently dead."""

import threading

import pytest

from gateway.errors import BusyError, NotFoundError, UnreachableError
from gateway.jobs import AT_ONCE, ENDED, KEEP_S, MOST_WAITING, JobBoard, JobState

WAIT_S = 60.0


@pytest.fixture
def board():
    opened = JobBoard()
    yield opened
    opened.close()


def joined(board: JobBoard, job_id: str):
    """Return a job when it has ended."""
    board._threads[job_id].join(WAIT_S)
    status = board.get(job_id)
    assert status.state in ENDED
    return status


def test_a_job_tells_how_it_goes(board):
    halfway, go_on = threading.Event(), threading.Event()

    def work(job) -> None:
        job.find("first")
        job.advance(1, 2)
        halfway.set()
        assert go_on.wait(WAIT_S)
        job.find("second")
        job.advance(2, 2)

    job = board.start("scan", work)
    assert halfway.wait(WAIT_S)
    status = board.get(job.id)
    assert (status.state, status.done, status.total) == (JobState.RUNNING, 1, 2)
    assert status.found == ("first",)
    go_on.set()
    status = joined(board, job.id)
    assert (status.state, status.found) == (JobState.DONE, ("first", "second"))
    assert board.all() == (status,)


def test_a_failure_is_kept(board):
    def work(job) -> None:
        raise UnreachableError("nobody there")

    status = joined(board, board.start("look", work).id)
    assert (status.state, status.error.code) == (JobState.FAILED, "unreachable")


def test_a_surprise_is_told_and_does_not_look_like_work_going_on(board):
    def work(job) -> None:
        raise ZeroDivisionError("secret detail")

    status = joined(board, board.start("look", work).id)
    assert status.state is JobState.FAILED
    assert "ZeroDivisionError" in str(status.error)
    assert "secret detail" not in str(status.error)


def test_a_cancelled_job_ends_at_its_next_step(board):
    running = threading.Event()

    def work(job) -> None:
        running.set()
        assert job.cancelled.wait(WAIT_S)
        job.advance(1, 2)
        pytest.fail("went on")

    job = board.start("scan", work)
    assert running.wait(WAIT_S)
    board.cancel(job.id)
    assert joined(board, job.id).state is JobState.CANCELLED
    assert board.cancel(job.id).state is JobState.CANCELLED


def test_only_some_run_and_only_some_wait(board):
    go_on = threading.Event()
    jobs = [board.start("scan", lambda _: go_on.wait(WAIT_S)) for _ in range(AT_ONCE)]
    ran = []
    jobs += [
        board.start("scan", lambda _, number=number: ran.append(number))
        for number in range(MOST_WAITING)
    ]
    with pytest.raises(BusyError, match="cancel one"):
        board.start("scan", lambda _: None)
    assert ran == []
    board.cancel(jobs[-1].id)
    go_on.set()
    states = [joined(board, job.id).state for job in jobs]
    assert states == [JobState.DONE] * (len(jobs) - 1) + [JobState.CANCELLED]
    assert MOST_WAITING - 1 not in ran


def test_ended_jobs_are_forgotten_and_running_ones_are_not(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("gateway.jobs.monotonic_s", lambda: now[0])
    board = JobBoard(clock=lambda: now[0])
    go_on = threading.Event()
    ended = board.start("scan", lambda _: None)
    joined(board, ended.id)
    running = board.start("scan", lambda _: go_on.wait(WAIT_S))
    now[0] += KEEP_S
    board.get(ended.id)
    now[0] += 1
    with pytest.raises(NotFoundError):
        board.get(ended.id)
    assert board.get(running.id).state not in ENDED
    go_on.set()
    board.close()


def test_closing_cancels_and_joins(board):
    def work(job) -> None:
        assert job.cancelled.wait(WAIT_S)
        job.check()

    jobs = [board.start("scan", work) for _ in range(AT_ONCE + 2)]
    board.close()
    assert {board.get(job.id).state for job in jobs} == {JobState.CANCELLED}
