"""`python -m benchmarks.keeper URL COUNT EVERY_S`: keep so many streams; tell now and then of them.

The first line tells of the process before it has a stream; each further one, `EVERY_S` seconds
apart, of how it goes.
"""

import os
import sys
import time
from functools import partial

from benchmarks.process_cost import cost_of
from benchmarks.soak import Sample
from gateway.camera_stream import CameraStream
from gateway.session import Pull, SessionReport, SessionState
from gateway.session_loop import SessionLoop
from gateway.sources import open_link


class Keeper:
    """The streams of a fleet, kept as a worker keeps them."""

    def __init__(self, url: str, count: int) -> None:
        self.losses = 0
        self._loop = SessionLoop()
        self._streams = [
            CameraStream(
                self._loop,
                Pull(f"cam{number}", "sub", partial(open_link, f"{url}/cam{number}", None)),
                self._count_loss,
            )
            for number in range(count)
        ]

    def start(self) -> None:
        """Have every stream pulled, for as long as the process lives."""
        self._loop.start()
        for stream in self._streams:
            stream.lease()

    def sample(self, at_s: float) -> Sample:
        """Return how it goes."""
        streams = self._streams
        return Sample(
            at_s=at_s,
            cost=cost_of([os.getpid()]),
            online=sum(stream.report.state is SessionState.ONLINE for stream in streams),
            pictures=sum(stream.hub.published for stream in streams),
            gop_bytes=sum(
                len(kept.packet.data) for stream in streams for kept in stream.hub.last_gop()
            ),
            losses=self.losses,
        )

    def _count_loss(self, report: SessionReport) -> None:
        if report.state not in {SessionState.ONLINE, SessionState.CONNECTING} or report.code:
            self.losses += 1


def main(url: str, count: int, every_s: float) -> None:
    """Keep the streams and print a sample every so often, until the process is ended."""
    keeper, began_s = Keeper(url, count), time.monotonic()
    print(keeper.sample(0.0).as_json(), flush=True)
    keeper.start()
    while True:
        time.sleep(every_s)
        print(keeper.sample(time.monotonic() - began_s).as_json(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
