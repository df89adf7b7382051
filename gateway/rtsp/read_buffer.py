"""The buffer that every socket of a thread is read into.

A loop reads one socket at a time and hands the bytes on before it reads another, so one buffer does
for hundreds of cameras and stays in the processor's cache. Whoever keeps bytes copies them.
"""

import threading

READ_BYTES = 64 << 10
"""The longest datagram, and the key frame of a sub stream at once."""


class _PerThread(threading.local):
    def __init__(self) -> None:
        self.buffer = memoryview(bytearray(READ_BYTES))


_here = _PerThread()


def thread_buffer() -> memoryview:
    """Return the calling thread's buffer; its contents are gone at the next read."""
    return _here.buffer
