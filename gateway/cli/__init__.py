"""The command line: `gridpatrol …`. The one place where the parts are put together.

Results go to standard output, everything else to standard error. Each error has an exit code of
its own (docs/commands.md).
"""

import sys

import click
import typer

from gateway.cli import analyze, cameras, machine, models, processes, queue
from gateway.cli.output import err
from gateway.errors import GatewayError
from vision.errors import VisionError

VISION_EXIT_CODE = 14
"""Exit code for a model, runtime or rule that cannot be used."""

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
app.command("check-config")(machine.check_config)
app.command()(machine.doctor)
app.command("reset-password")(machine.reset_password)
app.add_typer(queue.app, name="queue")
app.add_typer(models.app, name="models")


def main() -> None:
    """Run the command line and turn errors into one sentence and an exit code."""
    try:
        app(standalone_mode=False)
    except GatewayError as error:
        _fail(str(error), error.exit_code)
    except VisionError as error:
        _fail(str(error), VISION_EXIT_CODE)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)


def _fail(sentence: str, exit_code: int) -> None:
    err.print(f"gridpatrol: {sentence}", style="red", markup=False, soft_wrap=True)
    sys.exit(exit_code)
