"""Standard output is left to the table."""

import subprocess
import sys

TALKATIVE = """
import sys
from types import ModuleType
import structlog
from benchmarks import __main__ as program
from benchmarks.report import Figure, Outcome

def run(*, quick):
    structlog.get_logger().warning("a camera coughs")
    structlog.get_logger().info("all is well")
    return Outcome((Figure("rate", 2.0, "Hz"),))

module = ModuleType("benchmarks.talkative")
module.run = run
sys.modules[module.__name__] = module
program.BENCHMARKS["talkative"] = "Does it cough?"
sys.exit(program.main(["talkative"]))
"""


def test_log_lines_stay_off_the_table():
    argv = [sys.executable, "-c", TALKATIVE]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert done.returncode == 0
    assert "rate" in done.stdout
    assert "coughs" not in done.stdout
    assert "a camera coughs" in done.stderr
    assert "all is well" not in done.stdout + done.stderr
