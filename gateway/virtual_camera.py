"""`python -m gateway.virtual_camera`: PyPI's ipycam with two of its faults made good.

ipycam 1.3 tells RTSP clients that a session lives 60 s without a word from them, and hangs up after
30 s; FFmpeg speaks at half of the time announced, so it loses that race again and again. And its
answer to a search by multicast lacks the element that holds the matches, so no client that keeps to
WS-Discovery finds it. The command line and all the rest are ipycam's own.
"""

import socket
import sys

from ipycam import __main__ as program
from ipycam import camera
from ipycam.onvif import ONVIFService
from ipycam.rtsp import NativeRTSPServer

SESSION_S = 90.0
"""The 60 s announced, and a margin for slow networks."""

MENDED = (
    ("discovery/ProbeMatch</", "discovery/ProbeMatches</"),
    ("<d:ProbeMatch>", "<d:ProbeMatches><d:ProbeMatch>"),
    ("</d:ProbeMatch>", "</d:ProbeMatch></d:ProbeMatches>"),
)
"""What ipycam answers to a probe, and what WS-Discovery (April 2005, §5.3) wants there."""


class PatientServer(NativeRTSPServer):  # type: ignore[misc] # ipycam ships no types
    """ipycam's RTSP server with a longer wait for the client's next word."""

    def _handle_client(self, client_socket: socket.socket, client_address: tuple[str, int]) -> None:
        client_socket.settimeout(SESSION_S)
        super()._handle_client(client_socket, client_address)


class FindableService(ONVIFService):  # type: ignore[misc] # ipycam ships no types
    """ipycam's ONVIF service with a proper answer to a search."""

    def create_probe_match(self, relates_to: str) -> str:
        """Return the answer to the probe of that message id."""
        answer = str(super().create_probe_match(relates_to))
        for faulty, right in MENDED:
            answer = answer.replace(faulty, right)
        return answer


if __name__ == "__main__":
    camera.NativeRTSPServer = PatientServer
    camera.ONVIFService = FindableService
    sys.exit(program.main())
