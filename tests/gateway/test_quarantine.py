"""Cameras whose bytes crash the process: real processes that die by real signals."""

import faulthandler
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import StorageError
from gateway.quarantine import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    SLOTS,
    TRIAL,
    DecodeMark,
    Quarantine,
    Suspect,
    blame,
    judge_crash,
)

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
PATIENCE_S = 60.0

WORKER = """
import ctypes, os, signal, sys, threading
from datetime import datetime
from pathlib import Path
from gateway.quarantine import Quarantine

how, directory, at = sys.argv[1], Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
quarantine = Quarantine(directory, "worker-0", at)
quarantine.catch_crashes()
inside, never = threading.Barrier(3), threading.Event()

def decode(camera, step):
    with quarantine.mark(camera):
        inside.wait()
        step()

innocent = threading.Thread(target=decode, args=("gate", never.wait), daemon=True)
innocent.start()
steps = {
    "read nothing": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "thread of ffmpeg": never.wait,
    "killed": never.wait,
    "well": lambda: None,
}
guilty = threading.Thread(target=decode, args=("rain", steps[how]), daemon=True)
guilty.start()
inside.wait()
if how == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if how == "thread of ffmpeg":
    os.kill(os.getpid(), signal.SIGSEGV)
guilty.join()
quarantine.close()
"""


@pytest.fixture
def run(tmp_path):
    """Return what runs a worker to its end in a process of its own, and says how it ended."""

    def start(how, at=NOW):
        command = [sys.executable, "-c", WORKER, how, str(tmp_path), at.isoformat()]
        ended = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)
        return ended.returncode

    return start


@pytest.fixture
def reopen(tmp_path):
    opened = []

    def start(at=NOW):
        opened.append(Quarantine(tmp_path, "worker-0", at))
        return opened[-1]

    yield start
    for quarantine in opened:
        quarantine.close()


@pytest.mark.parametrize(
    ("how", "number"), [("read nothing", signal.SIGSEGV), ("abort", signal.SIGABRT)]
)
def test_two_crashes_in_a_row_lead_to_quarantine(run, reopen, how, number):
    assert run(how) == -number
    assert run(how) == -number
    quarantine = reopen()
    assert quarantine.held_until("rain") == NOW + FIRST_PAUSE
    assert quarantine.held_until("gate") is None, "it was inside too, but its thread did not die"


def test_one_crash_is_forgiven_and_forgotten(run, reopen):
    assert run("read nothing") == -signal.SIGSEGV
    assert reopen().held_until("rain") is None
    assert run("thread of ffmpeg") == -signal.SIGSEGV
    assert reopen().held_until("gate") is None, "the first it had a part in"


def test_a_thread_unknown_to_python_leaves_all_inside_to_blame(run, reopen):
    assert run("thread of ffmpeg") == run("thread of ffmpeg") == -signal.SIGSEGV
    quarantine = reopen()
    assert quarantine.held_until("rain") == quarantine.held_until("gate") == NOW + FIRST_PAUSE


@pytest.mark.parametrize(("how", "ended"), [("killed", -signal.SIGKILL), ("well", 0)])
def test_who_is_killed_or_ends_well_blames_nobody(run, reopen, how, ended):
    assert [run(how), run(how), run(how)] == [ended] * 3
    quarantine = reopen()
    assert quarantine.held_until("rain") is quarantine.held_until("gate") is None


def test_the_suspects_outlive_restarts_that_are_no_crash(run, reopen):
    run("read nothing")
    run("read nothing")
    run("well")
    run("killed")
    assert reopen().held_until("rain") == NOW + FIRST_PAUSE


def test_trials_are_held_one_by_one_and_passed_by_going_well(run, reopen):
    run("thread of ffmpeg")
    run("thread of ffmpeg")
    quarantine = reopen()
    assert quarantine.next_trial(NOW) is None
    due = NOW + FIRST_PAUSE
    first = quarantine.next_trial(due)
    assert first in ("rain", "gate")
    assert quarantine.held_until(first) is None
    assert quarantine.next_trial(due + TRIAL / 2) is None, "alone"
    second = quarantine.next_trial(due + TRIAL)
    assert {first, second} == {"rain", "gate"}
    assert reopen().held_until(first) is None, "acquitted for good"
    assert reopen().held_until(second) == due, "its trial was broken off"


def test_a_crash_on_trial_doubles_the_pause(run, reopen):
    run("read nothing")
    run("read nothing")
    later = NOW + FIRST_PAUSE
    run("read nothing", later)
    assert reopen(later).held_until("rain") == later + 2 * FIRST_PAUSE


def test_pauses_have_a_limit():
    suspects = {"rain": Suspect(40, NOW)}
    assert judge_crash(suspects, {"rain"}, NOW)["rain"].held_until == NOW + LONGEST_PAUSE


def test_who_was_not_inside_is_cleared_unless_held():
    held = Suspect(2, NOW + timedelta(hours=1))
    suspects = {"rain": Suspect(1), "fog": held}
    assert judge_crash(suspects, {"gate"}, NOW) == {"gate": Suspect(1), "fog": held}


@pytest.mark.parametrize(
    ("crash", "blamed"),
    [
        ("", set()),
        ("Fatal Python error: Aborted\n\nCurrent thread 0x000000000000002a (most", {"rain"}),
        (
            "Fatal Python error: Aborted\n\nCurrent thread 0x0000000000000007 (most",
            {"rain", "gate"},
        ),
        ("Fatal Python error: Segmentation fault\n\n", {"rain", "gate"}),
    ],
)
def test_blame(crash, blamed):
    assert blame({0x2A: "rain", 0x2B: "gate"}, crash) == blamed


def test_marks_are_given_back_and_run_out_quietly(reopen):
    quarantine = reopen()
    marks = [quarantine.mark("gate") for _ in range(SLOTS + 1)]
    assert not isinstance(marks[-1], DecodeMark)
    with marks[-1], marks[0]:
        pass
    quarantine.forget(marks[0])
    quarantine.forget(marks[-1])
    assert isinstance(quarantine.mark("yard"), DecodeMark)


def test_a_damaged_book_is_begun_anew(reopen, tmp_path):
    (tmp_path / "worker-0.json").write_text("{")
    assert reopen().held_until("rain") is None


def test_somebody_elses_fault_handler_is_left_alone(reopen):
    assert faulthandler.is_enabled(), "pytest's"
    quarantine = reopen()
    quarantine.catch_crashes()
    quarantine.close()
    assert faulthandler.is_enabled()


def test_a_directory_that_cannot_be_used(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="marks"):
        Quarantine(tmp_path / "file", "worker-0", NOW)
