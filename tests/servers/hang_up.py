"""A camera that ends every connection after some seconds: a relay before a real server.

`python hang_up.py HOST:PORT OTHER_HOST:PORT SECONDS`; prints "ready" when it listens.
"""

import asyncio
import sys
from contextlib import suppress


def address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


async def main(here: str, there: str, seconds: float) -> None:
    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*address(there))
        both = asyncio.gather(pass_on(reader, far_writer), pass_on(far_reader, writer))
        with suppress(TimeoutError):
            await asyncio.wait_for(both, seconds)
        for end in (writer, far_writer):
            end.transport.abort()

    await asyncio.start_server(relay, *address(here))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
