#!/usr/bin/python3
"""A slow link: passes TCP on, late, and loses it on demand.

    slow_link.py --delay-ms D [--kib-per-s N] LISTEN=TO…      LISTEN, TO: HOST:PORT

Each way takes D milliseconds, and opening a connection a round trip, as over a long line. SIGUSR1 loses the link:
nothing passes, nothing is refused or closed, and what is on its way waits. SIGUSR2 brings it back. SIGTERM ends."""

import argparse
import asyncio
import signal
import socket
import time

CHUNK = 64 * 1024


class Link:
    def __init__(self, delay_s, bytes_per_s):
        self.delay_s, self.bytes_per_s = delay_s, bytes_per_s
        self.is_there = asyncio.Event()
        self.is_there.set()
        self.connections = set()

    async def carry(self, reader, writer):
        """One direction of a connection. What is read at an instant is written delay_s later."""
        on_the_way = asyncio.Queue(maxsize=1024)
        reading = asyncio.create_task(self.read(reader, on_the_way))
        try:
            while (found := await on_the_way.get())[1]:
                await asyncio.sleep(max(found[0] - time.monotonic(), 0))
                await self.is_there.wait()
                writer.write(found[1])
                await writer.drain()
        finally:
            reading.cancel()
            writer.close()

    async def read(self, reader, on_the_way):
        free = 0.0  # when the line has sent all that was given to it
        while True:
            try:
                data = await reader.read(CHUNK)
            except OSError:
                data = b""
            free = max(free, time.monotonic()) + (len(data) / self.bytes_per_s if self.bytes_per_s else 0)
            await on_the_way.put((free + self.delay_s, data))
            if not data:
                return

    async def accepted(self, reader, writer, host, port):
        this = asyncio.current_task()
        self.connections.add(this)
        try:
            await self.is_there.wait()
            await asyncio.sleep(2 * self.delay_s)
            there, back = await asyncio.open_connection(host, port)
            for one in (writer, back):
                one.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.gather(self.carry(reader, back), self.carry(there, writer))
        except OSError:
            pass  # whoever asked sees the connection closed
        finally:
            writer.close()
            self.connections.discard(this)


def place(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


async def run(given):
    link = Link(given.delay_ms / 1000, given.kib_per_s * 1024)
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, link.is_there.clear)
    loop.add_signal_handler(signal.SIGUSR2, link.is_there.set)
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    for pair in given.links:
        listen, to = map(place, pair.split("="))
        await asyncio.start_server(lambda r, w, to=to: link.accepted(r, w, *to), *listen)
    await ended.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--delay-ms", type=float, required=True)
    parser.add_argument("--kib-per-s", type=float, default=0, help="0: as much as there is")
    parser.add_argument("links", nargs="+", metavar="LISTEN=TO")
    asyncio.run(run(parser.parse_args()))
