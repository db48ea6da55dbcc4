"""Callers of a trial, in a process of their own: `callers.py < ORDER`. They ask at a fixed rate, whatever is answered
(an open loop), and until SIGTERM. Then what they saw is printed: [[due, stream, outcome, latency in ms]…].

ORDER is JSON: {"to": [HOST, PORT], "caller": its key, "timeout": seconds,
 "streams": [{"name", "rate", "first", "count", "at_random"}…]}. A stream
asks about COUNT keys, trial-key-FIRST and so on, at random or one after the other."""

import asyncio
import json
import random
import signal
import sys
import time

OUTCOMES = VALID, INVALID, UNDECIDED, NO_NODE, OTHER, LOST = "valid", "invalid", "undecided", "no_node", "other", "lost"
IDLE_MAX = 64


def request_of(number, caller):
    body = f'{{"api_key":"trial-key-{number}"}}'
    return (f"POST /api/v1/auth/verify-api-key HTTP/1.1\r\nHost: fleet\r\nX-Latchkey-Key: {caller}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()


def outcome_of(status, body):
    """undecided: a node's 503; no_node: HAProxy's own."""
    if status == 200:
        return VALID if b'"valid":true' in body else INVALID if b'"valid":false' in body else OTHER
    if status == 503:
        return UNDECIDED if body.startswith(b"{") else NO_NODE
    return OTHER


class Connection:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def ask(self, request):
        """(status, body, whether the connection can be used again)"""
        self.writer.write(request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), None)
        body = await (self.reader.read() if length is None else self.reader.readexactly(length))
        return int(head[9:12]), body, length is not None and b"connection: close" not in head


class Callers:
    def __init__(self, order):
        self.place, self.timeout, self.streams = order["to"], order["timeout"], order["streams"]
        self.caller = order["caller"]
        self.idle, self.seen, self.under_way = [], [], set()

    async def exchange(self, request):
        while self.idle:
            connection = self.idle.pop()
            if not connection.reader.at_eof():
                break
        else:
            connection = Connection(*await asyncio.open_connection(*self.place))
        is_kept = False
        try:
            status, body, is_kept = await connection.ask(request)
            return outcome_of(status, body)
        finally:
            if is_kept and len(self.idle) < IDLE_MAX:
                self.idle.append(connection)
            else:
                connection.writer.close()

    async def ask(self, stream, number, due):
        """due: on the real clock, which other processes have as well."""
        try:
            outcome = await asyncio.wait_for(self.exchange(request_of(number, self.caller)), self.timeout)
        except (OSError, EOFError, asyncio.TimeoutError):
            outcome = LOST
        self.seen.append((round(due, 4), stream, outcome, round((time.time() - due) * 1000, 2)))

    async def go_on(self, index):
        stream = self.streams[index]
        asked, began, chance = 0, time.time(), random.Random(index)
        while True:
            due = began + asked / stream["rate"]
            await asyncio.sleep(max(due - time.time(), 0))
            which = chance.randrange(stream["count"]) if stream["at_random"] else asked % stream["count"]
            task = asyncio.create_task(self.ask(index, stream["first"] + which, due))
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)
            asked += 1


async def run(order):
    ended = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    callers = Callers(order)
    asking = [asyncio.create_task(callers.go_on(index)) for index in range(len(callers.streams))]
    print("asking", file=sys.stderr, flush=True)
    await ended.wait()
    for task in asking:
        task.cancel()
    if callers.under_way:
        await asyncio.wait(callers.under_way, timeout=order["timeout"] + 1)
    return callers.seen


if __name__ == "__main__":
    json.dump(asyncio.run(run(json.load(sys.stdin))), sys.stdout)
