"""Cameras from and to a file: the plan of an import, the import as a job, the export."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status
from fastapi.concurrency import run_in_threadpool

from gateway.api.camera_settings import reload_workers
from gateway.api.encoders import TunerDep
from gateway.api.encodings import tuning_body
from gateway.api.fields import Answer, Question
from gateway.api.onboarding_jobs import JobBody, RowBody, job_body
from gateway.api.runtime import RuntimeDep
from gateway.api.security import ActingDep, SignInDep, administrator
from gateway.api.services import Services, ServicesDep
from gateway.audit.act import Act, AuditAction
from gateway.bulk_onboarding import Import, RowOutcome
from gateway.http.errors import BadRequestError, MediaTypeError
from gateway.inventory_file import (
    MAX_BYTES,
    BadCell,
    FileFormat,
    read_inventory,
    write_csv,
    write_yaml,
)
from gateway.inventory_plan import Action, Plan, plan
from gateway.jobs import Job

MEDIA_TYPES = {
    "text/csv": FileFormat.CSV,
    "application/vnd.ms-excel": FileFormat.CSV,  # what browsers on Windows call a CSV
    "application/yaml": FileFormat.YAML,
    "application/x-yaml": FileFormat.YAML,
    "text/yaml": FileFormat.YAML,
}
"""What a file may be sent as."""
PLANS, IMPORTS = "/api/onboarding/plans", "/api/onboarding/imports"
LARGE_BODIES = {PLANS: MAX_BYTES, IMPORTS: MAX_BYTES}
"""Routes that take more than others."""

router = APIRouter(tags=["onboarding"], dependencies=[Depends(administrator)])


class BadCellBody(Answer):
    """One thing wrong in a file. row: its line; column: "" for the row.

    code: a stable word; advice: what to do, in English.
    """

    row: int
    column: str
    value: str
    code: str
    advice: str


class PlannedBody(Answer):
    """What becomes of a row. changed: the columns that differ from what is known."""

    row: int
    action: Action
    camera: str
    name: str
    changed: tuple[str, ...]


class PlanBody(Answer):
    """What an import would do, row by row; bad: every mistake, from the top of the file down."""

    added: int
    changed: int
    kept: int
    rows: tuple[PlannedBody, ...]
    bad: tuple[BadCellBody, ...]


class ImportWish(Question):
    """How a file is to be imported. test: only cameras that give pictures are stored.

    skip_bad: without it, a file with mistakes is refused whole. tune: consent to having the
    analysed streams of new cameras made cheaper; one that cannot be is kept all the same, and told.
    """

    test: bool = True
    skip_bad: bool = False
    tune: bool = False


class ExportWish(Question):
    """How cameras are to be written. passwords: in clear, for whoever gets the file."""

    format: FileFormat = FileFormat.CSV
    passwords: bool = False


@router.post(PLANS)
async def plan_import(request: Request, services: ServicesDep) -> PlanBody:
    """Read a file (the body: CSV or YAML by its Content-Type) and say what importing it would do.

    Nothing is dialled and nothing stored.
    """
    planned = await _planned(request, services)
    return PlanBody(
        added=planned.count(Action.ADD),
        changed=planned.count(Action.CHANGE),
        kept=planned.count(Action.KEEP),
        rows=tuple(
            PlannedBody(
                row=one.row,
                action=one.action,
                camera=one.camera.id,
                name=one.camera.name,
                changed=one.changed,
            )
            for one in planned.cameras
        ),
        bad=tuple(map(_bad, planned.bad)),
    )


@router.post(IMPORTS, status_code=status.HTTP_202_ACCEPTED)
async def start_import(
    request: Request,
    services: ActingDep,
    runtime: RuntimeDep,
    tuner: TunerDep,
    wish: Annotated[ImportWish, Query()],
) -> JobBody:
    """Import a file, as a job that finds what became of each row."""
    planned = await _planned(request, services)
    if planned.bad and not wish.skip_bad:
        raise BadRequestError(
            f"{len(planned.bad)} mistakes in the file: see its plan, or leave the bad rows out"
        )
    loop = asyncio.get_running_loop()

    def work(job: Job[object]) -> None:
        carried = Import(
            services.store,
            on_outcome=lambda outcome: _note(job, outcome, len(planned.cameras)),
            check=job.check,
            test=wish.test,
            policy=services.dial_policy,
            tuner=tuner if wish.tune else None,
        )
        try:
            carried.run(planned)
        finally:
            asyncio.run_coroutine_threadsafe(reload_workers(services), loop).result()

    return job_body(services, runtime.jobs.start("import", work))


@router.post("/api/onboarding/export", response_class=Response)
def export_cameras(wish: ExportWish, services: ServicesDep, who: SignInDep) -> Response:
    """Return every camera as a file to keep, edit in a spreadsheet, and import again."""
    inventory = services.store.inventory
    detail = {"passwords": wish.passwords}
    action = AuditAction.INVENTORY_EXPORTED
    services.store.audit.tell(Act(services.now(), who.user.username, action, "inventory", detail))
    password_of = inventory.password if wish.passwords else None
    is_csv = wish.format is FileFormat.CSV
    content = (write_csv if is_csv else write_yaml)(inventory.cameras(), password_of)
    media_type = "text/csv; charset=utf-8" if is_csv else "application/yaml"
    named = f'attachment; filename="cameras.{wish.format}"'
    return Response(content, media_type=media_type, headers={"Content-Disposition": named})


async def _planned(request: Request, services: Services) -> Plan:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise MediaTypeError("Send the file as text/csv or application/yaml.")
    content = await request.body()
    return await run_in_threadpool(_compared, services, content, MEDIA_TYPES[media_type])


def _compared(services: Services, content: bytes, format_: FileFormat) -> Plan:
    inventory = services.store.inventory
    return plan(read_inventory(content, format_), inventory.cameras(), inventory.password)


def _note(job: Job[object], outcome: RowOutcome, total: int) -> None:
    job.find(
        RowBody(
            row=outcome.row,
            camera=outcome.camera_id,
            name=outcome.name,
            action=outcome.action,
            code=outcome.code,
            text=outcome.text,
            survey=outcome.survey,
            tuning=outcome.tuning and tuning_body(outcome.tuning),
        )
    )
    job.step(total)


def _bad(cell: BadCell) -> BadCellBody:
    return BadCellBody(
        row=cell.row, column=cell.column, value=cell.value, code=cell.code, advice=cell.advice
    )
