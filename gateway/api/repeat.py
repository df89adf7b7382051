"""A job done again and again beside the requests, whatever befalls it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)


async def repeat(name: str, period_s: float, job: Callable[[], Awaitable[None]]) -> None:
    """Do a job, wait, and do it again, until cancelled.

    A failure is logged once when it begins and once when it is over; the job goes on being tried.
    """
    failing = False
    while True:
        try:
            await job()
        except Exception as error:  # one fault must not blind every console for ever
            if not failing:
                log.error("background job fails", job=name, exc_info=error)
            failing = True
        else:
            if failing:
                log.info("background job works again", job=name)
            failing = False
        await asyncio.sleep(period_s)
