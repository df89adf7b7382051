"""An HTTP receiver that takes every message at once: `python -m benchmarks.delivery_receiver PORT`.

A process of its own, so that it shares no interpreter with what is measured.
"""

import asyncio
import sys

LOOPBACK = "127.0.0.1"
_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


async def _meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each request of a connection with 204."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length or 0))
            writer.write(_ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        writer.close()


async def _serve(port: int) -> None:
    async with await asyncio.start_server(_meet, LOOPBACK, port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
