"""`python -m gateway.virtual_camera`: PyPI's ipycam with one of its faults made good.

ipycam 1.3 tells RTSP clients that a session lives 60 s without a word from them, and hangs up after
30 s; FFmpeg speaks at half of the time announced, so it loses that race again and again. The
command line and all the rest are ipycam's own.
"""

import socket
import sys

from ipycam import __main__ as program
from ipycam import camera
from ipycam.rtsp import NativeRTSPServer

SESSION_S = 90.0
"""The 60 s announced, and a margin for slow networks."""


class PatientServer(NativeRTSPServer):  # type: ignore[misc] # ipycam ships no types
    """ipycam's RTSP server with a longer wait for the client's next word."""

    def _handle_client(self, client_socket: socket.socket, client_address: tuple[str, int]) -> None:
        client_socket.settimeout(SESSION_S)
        super()._handle_client(client_socket, client_address)


if __name__ == "__main__":
    camera.NativeRTSPServer = PatientServer
    sys.exit(program.main())
