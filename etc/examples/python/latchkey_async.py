"""The same for asyncio. Where latchkey_client.py explains something, this file does not. It needs httpx."""
import asyncio
import os
import sys
import time

import httpx

from latchkey_client import ATTEMPTS, CONNECT, POOL, READ, TOTAL, Undecided, pause_after, verdict_of


class AsyncLatchkey:
    """One for the whole program: its tasks share the pool of connections."""

    def __init__(self, url):
        self.connections = 0  # opened so far
        self._http = httpx.AsyncClient(base_url=url + "/api/v1/auth/", limits=POOL, trust_env=False,
                                       timeout=httpx.Timeout(READ, connect=CONNECT))

    async def ask(self, endpoint, question):
        try:
            return await asyncio.wait_for(self._ask(endpoint, question, time.monotonic() + TOTAL), TOTAL)
        except asyncio.TimeoutError:
            raise Undecided("no time is left") from None

    async def _ask(self, endpoint, question, ends):
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return verdict_of(await self._http.post(endpoint, json=question,
                                                        extensions={"trace": self._count}))
            except (httpx.TransportError, Undecided) as error:
                await asyncio.sleep(pause_after(error, attempt, ends))

    async def _count(self, event, _):
        self.connections += event == "connection.connect_tcp.complete"

    async def close(self):
        await self._http.aclose()


async def main():
    latchkey = AsyncLatchkey(os.environ["LATCHKEY_URL"])
    key, token = {"api_key": os.environ["DEMO_API_KEY"]}, {"token": os.environ["DEMO_TOKEN"]}
    print("key:", (await latchkey.ask("verify-api-key", key))["code"])
    print("token:", (await latchkey.ask("verify-token", token))["code"])
    bad = {"type": "api_key", "api_key": "wrong"}
    items = [{"type": "api_key", **key}, {"type": "token", **token}, bad]
    results = (await latchkey.ask("verify-batch", {"items": items}))["results"]
    print("batch:", *(verdict["code"] for verdict in results))
    for _ in range(20):
        await latchkey.ask("verify-api-key", key)
    print("23 questions, connections opened:", latchkey.connections)
    await latchkey.close()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except Undecided as undecided:
        sys.exit(str(undecided))
