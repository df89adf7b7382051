"""The HTTP application of `serve`, put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware import Middleware

from gateway.api import (
    audit,
    camera_control,
    camera_rules,
    camera_settings,
    cameras,
    cases,
    console,
    counts,
    custody,
    encoders,
    events,
    evidence,
    findings,
    handovers,
    health,
    imports,
    incidents,
    live,
    locales,
    metrics,
    notify,
    onboarding,
    onboarding_jobs,
    patrol_day,
    patrol_plan,
    patrol_rounds,
    patrol_sheets,
    platform,
    proposals,
    rain,
    recordings,
    related_cases,
    reports,
    session,
    sinks,
    system,
    talk,
    units,
    users,
    water,
    water_learnt,
)
from gateway.api.broadcaster import POLL_S, SWEEP_S
from gateway.api.jurisdiction import within_jurisdiction
from gateway.api.layers import PathPrefix, PlayerCors, SecurityHeaders
from gateway.api.live_sessions import PRUNE_S
from gateway.api.repeat import repeat
from gateway.api.runtime import Runtime
from gateway.api.security import OriginCheck
from gateway.api.services import Services
from gateway.api.session_watch import RECHECK_S
from gateway.http.body_limit import BodyLimit
from gateway.http.errors import ErrorBody, answer_errors
from gateway.http.tongue import Tongues
from gateway.whep import MAX_OFFER_BYTES

ROUTES = (
    session.router,
    system.router,
    units.router,
    users.router,
    cameras.router,
    camera_control.router,
    encoders.router,
    camera_settings.router,
    camera_rules.router,
    onboarding.router,
    onboarding_jobs.router,
    imports.router,
    live.router,
    talk.router,
    water.router,
    water_learnt.router,
    rain.router,
    incidents.router,
    cases.router,
    audit.router,
    custody.router,
    platform.router,
    notify.router,
    findings.router,
    patrol_day.router,
    patrol_rounds.router,
    patrol_sheets.router,
    patrol_plan.router,
    handovers.router,
    related_cases.router,
    reports.router,
    proposals.router,
    evidence.router,
    recordings.router,
    sinks.router,
    counts.router,
    locales.router,
    events.router,
    health.router,
    metrics.router,
    console.router,
)

LARGE_BODIES = (
    imports.LARGE_BODIES | findings.LARGE_BODIES | cases.LARGE_BODIES | units.LARGE_BODIES
)
"""Routes that take more than a WebRTC offer."""


def _within_jurisdiction() -> APIRouter:
    """Return all routes; to each of them only who may act in the place it is about is let in."""
    within = APIRouter(responses={"4XX": {"model": ErrorBody}, 422: {"model": ErrorBody}})
    for router in ROUTES:
        within.include_router(router, dependencies=[Depends(within_jurisdiction)])
    return within


SERVED = _within_jurisdiction().routes
"""FastAPI works out what a route takes and answers when it is first asked for one: half a second
for all of them, once for all applications of a process."""


def create_app(services: Services) -> FastAPI:
    """Return the application, to be run by a server with one process; it closes no service.

    Raises ConfigError for a catalogue that cannot be read.
    """
    app = FastAPI(
        title="gridpatrol",
        version=services.version,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        routes=SERVED,
        middleware=[
            Middleware(PathPrefix, prefix=services.serve.root_path),
            Middleware(SecurityHeaders),
            Middleware(PlayerCors),
            Middleware(OriginCheck, allowed=services.serve.allowed_origins, signed=platform.SIGNED),
            Middleware(BodyLimit, max_bytes=MAX_OFFER_BYTES, larger=LARGE_BODIES),
        ],
    )
    app.state.services = services
    app.state.runtime = Runtime.new(services)
    answer_errors(app, Tongues.load(services.locale_dir))
    if services.console_dir.is_dir():
        app.mount("/static", console.ConsoleFiles(services.console_dir))
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Run what goes on beside the requests; at the end, stop all live pictures."""
    services: Services = app.state.services
    runtime: Runtime = app.state.runtime
    workers = await to_thread.run_sync(services.store.workers.all)
    await runtime.live.end_strangers(worker.url for worker in workers)
    jobs = (
        repeat("poll", POLL_S, runtime.broadcaster.poll),
        repeat("sweep", SWEEP_S, runtime.broadcaster.sweep),
        repeat("recheck", RECHECK_S, runtime.watch.recheck),
        repeat("prune", PRUNE_S, runtime.live.prune),
    )
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runtime.watch.end_all()
        await to_thread.run_sync(runtime.jobs.close)
