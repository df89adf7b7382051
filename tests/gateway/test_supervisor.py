"""The supervisor against real processes: crashes, stubborn ones, and a parent killed outright."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from gateway.supervisor import ProcessSpec, Supervisor

SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")


def wait_until(condition, timeout_s=20.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_crashed_process_is_started_again_and_the_other_is_left_alone(tmp_path):
    supervisor = Supervisor((ProcessSpec("a", SLEEPER), ProcessSpec("b", SLEEPER)), tmp_path)
    supervisor.start()
    stopping = threading.Event()
    watcher = threading.Thread(target=supervisor.watch, args=(stopping,))
    watcher.start()
    try:
        first_a, first_b = (slot.child.pid for slot in supervisor.slots)
        os.kill(first_a, signal.SIGKILL)
        wait_until(lambda: (c := supervisor.slots[0].child) is not None and c.pid != first_a)
        assert supervisor.slots[0].restarts == 1
        assert supervisor.slots[1].child.pid == first_b
    finally:
        stopping.set()
        watcher.join()
        pids = [slot.child.pid for slot in supervisor.slots if slot.child]
        supervisor.stop()
    assert pids
    assert not any(is_alive(pid) for pid in pids)


def test_what_a_process_prints_on_its_way_down_is_kept(tmp_path):
    crash = (sys.executable, "-c", "import sys; sys.exit('no such camera')")
    supervisor = Supervisor((ProcessSpec("a", crash),), tmp_path)
    supervisor.start()
    supervisor.slots[0].child.wait(60)
    supervisor.stop()
    assert "no such camera" in (tmp_path / "a.log").read_text()


def test_children_end_when_their_parent_is_killed(tmp_path):
    script = (
        "import pathlib, time\n"
        "from gateway.supervisor import ProcessSpec, Supervisor\n"
        f"spec = ProcessSpec('a', {SLEEPER!r})\n"
        f"s = Supervisor((spec,), pathlib.Path({str(tmp_path)!r}))\n"
        "s.start(); print(s.slots[0].child.pid, flush=True); time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    child_pid = int(parent.stdout.readline())
    assert is_alive(child_pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not is_alive(child_pid))
