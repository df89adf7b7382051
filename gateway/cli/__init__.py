"""The command line: `gridpatrol …`. The one place where the parts are put together.

Results go to standard output, everything else to standard error. Each error has an exit code of
its own (docs/commands.md).
"""

import sys

import typer

from gateway.cli import (
    analyze,
    audit,
    cameras,
    case,
    counts,
    finding,
    inventory,
    machine,
    models,
    notify,
    patrol,
    processes,
    proposals,
    queue,
    rain,
    recordings,
    related_cases,
    report,
    status,
    store,
    tuning,
    units,
    users,
    water,
)
from gateway.cli.output import err
from gateway.errors import GatewayError
from vision.errors import (
    ModelError,
    RuleError,
    RuntimeUnavailableError,
    VisionError,
    WaterError,
)

VISION_EXIT_CODES: dict[type[VisionError], int] = {
    RuleError: 3,
    ModelError: 16,
    RuntimeUnavailableError: 17,
    WaterError: 20,
}
"""Exit codes of what `vision` raises; those of `gateway` stand with its errors."""
FAILED = 1
"""Exit code where no other fits."""

app = typer.Typer(
    name="gridpatrol",
    help="Village and town cameras in; incidents in the grid dispatch queue out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(processes.run)
app.command()(processes.serve)
app.command()(processes.worker)
app.command()(cameras.discover)
app.command()(cameras.probe)
app.command("add-camera")(cameras.add_camera)
app.command()(analyze.analyze)
app.command()(counts.counts)
app.command("check-config")(machine.check_config)
app.command()(machine.doctor)
app.command()(status.status)
app.command("reset-password")(machine.reset_password)
app.add_typer(inventory.app, name="cameras")
inventory.app.command("tune")(tuning.tune)
inventory.app.command("restore")(tuning.restore)
case.app.command("related")(related_cases.related)
app.add_typer(audit.app, name="audit")
app.add_typer(case.app, name="case")
app.add_typer(finding.app, name="finding")
app.add_typer(patrol.app, name="patrol")
app.add_typer(notify.app, name="notify")
app.add_typer(queue.app, name="queue")
app.add_typer(models.app, name="models")
app.add_typer(proposals.app, name="proposals")
app.add_typer(rain.app, name="rain")
app.add_typer(recordings.app, name="recordings")
app.add_typer(report.app, name="report")
app.add_typer(store.app, name="store")
app.add_typer(units.app, name="units")
app.add_typer(users.app, name="users")
app.add_typer(water.app, name="water")


def main() -> None:
    """Run the command line and turn errors into one sentence and an exit code."""
    try:
        app()
    except GatewayError as error:
        _fail(str(error), error.exit_code)
    except VisionError as error:
        _fail(str(error), VISION_EXIT_CODES.get(type(error), FAILED))
    except ImportError as error:
        _fail(f"a library cannot be loaded: {error}; gridpatrol doctor says what to do", FAILED)


def _fail(sentence: str, exit_code: int) -> None:
    err.print(f"gridpatrol: {sentence}", style="red", markup=False, soft_wrap=True)
    sys.exit(exit_code)
