"""Whose processor time it was."""

import threading
import time

from gateway.analysis.cpu_meter import TASKS, CpuMeter

BUSY_S = 0.3


def burn():
    began_s = time.thread_time()
    while time.thread_time() - began_s < BUSY_S:
        pass


def test_tells_the_decoding_threads_from_the_others():
    meter = CpuMeter()
    began_s = time.monotonic()
    threads = [threading.Thread(target=burn, name=name) for name in ("decode-0", "sessions")]
    hold = threading.Event()
    for thread in threads:
        thread.run = lambda run=thread.run: (run(), hold.wait(10))
        thread.start()
    while time.monotonic() - began_s < 30:
        time.sleep(0.05)
        if all(_run_s(thread) >= BUSY_S for thread in threads):
            break
    spent = meter.read()
    hold.set()
    wall_s = time.monotonic() - began_s
    assert spent.decode * wall_s >= 0.9 * BUSY_S
    assert spent.other * wall_s >= 0.9 * BUSY_S
    assert spent.decode * wall_s < 1.6 * BUSY_S


def _run_s(thread):
    return int((TASKS / str(thread.native_id) / "schedstat").read_text().split()[0]) / 1e9


def test_a_second_reading_begins_where_the_first_ended():
    meter = CpuMeter()
    burn()
    meter.read()
    time.sleep(0.05)
    spent = meter.read()
    assert spent.decode == 0.0
    assert spent.other < 1.0


def test_tells_the_seconds_of_the_detector_however_long_ago_it_was_asked():
    meter, done, hold = CpuMeter(), threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: (burn(), done.set(), hold.wait(10)), name="detector")
    thread.start()
    done.wait(30)
    time.sleep(0.3)
    spent = meter.read()
    hold.set()
    assert 0.9 * BUSY_S <= spent.detect_s <= 1.6 * BUSY_S
