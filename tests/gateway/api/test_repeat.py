"""A background job goes on after a failure, and says so once."""

import asyncio

import pytest
from structlog.testing import capture_logs

from gateway.api.repeat import repeat


async def test_a_failing_job_is_tried_again_and_logged_once_each_way():
    outcomes = iter([None, OSError("a"), ValueError("b"), None, None, OSError("c")])
    done = asyncio.Event()

    async def job():
        outcome = next(outcomes, done)
        if outcome is done:
            done.set()
        elif outcome is not None:
            raise outcome

    with capture_logs() as logs:
        task = asyncio.create_task(repeat("a job", 0, job))
        await done.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [(entry["log_level"], entry["job"]) for entry in logs] == [
        ("error", "a job"),
        ("info", "a job"),
        ("error", "a job"),
        ("info", "a job"),
    ]
