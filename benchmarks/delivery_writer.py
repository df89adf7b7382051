"""Writes incidents at a pace: `python -m benchmarks.delivery_writer DATABASE PER_S COUNT`.

A process of its own, as workers are beside `serve`; some incidents share a transaction, as those of
many cameras do when their workers take turns.
"""

import sys
import time
from pathlib import Path

from benchmarks.backlog import fill
from gateway.store.outbox import QUEUE

TURN_S = 0.02


def main(database: Path, per_s: float, count: int) -> None:
    """Write `count` incidents, `per_s` of them each second or as fast as the store takes them."""
    at_once = max(round(per_s * TURN_S), 1)
    begun_s = time.monotonic()
    for first in range(1, count + 1, at_once):
        time.sleep(max(begun_s + first / per_s - time.monotonic(), 0.0))
        fill(database, range(first, min(first + at_once, count + 1)), QUEUE)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
