"""A client of Latchkey: is this credential good, and whose is it? For threads; it needs httpx."""
import os
import random
import sys
import time

import httpx

ATTEMPTS, TOTAL = 3, 3.0  # of one question; seconds for all of them and the pauses between them
CONNECT, READ = 0.5, 1.5  # seconds, of one attempt
POOL = httpx.Limits(max_connections=50, max_keepalive_connections=50, keepalive_expiry=60)


class Undecided(Exception):
    """It is not known whether the credential is good. Let nobody in: answer 503 with Retry-After."""

    def __init__(self, why, retry_after=1, again=False):
        super().__init__(f"Latchkey has not decided: {why}")
        self.retry_after, self.again = retry_after, again


def verdict_of(response):
    """The verdict as a dict. The credential is good only if its "valid" is True."""
    status, seconds = response.status_code, response.headers.get("Retry-After", "")
    if status == 429 or status >= 500:
        raise Undecided(status, int(seconds) if seconds.isdecimal() else 1, again=status == 503)
    if status != 200:
        raise RuntimeError(f"Latchkey does not take the question: {status}")  # a mistake in this program
    return response.json()


def pause_after(error, attempt, ends):
    """Seconds to wait before the question is asked again. Raises Undecided if it must not be."""
    # Verifying changes nothing, so it is safe to repeat, also if the answer was lost with a kept connection.
    if isinstance(error, httpx.TransportError):
        error = Undecided(type(error).__name__, 0, again=True)
    seconds = max(error.retry_after, 0.05 * 2**attempt)
    seconds *= random.uniform(1, 1.25)  # so that the callers do not all come back at once
    if not error.again or attempt == ATTEMPTS or time.monotonic() + seconds >= ends:
        raise error from None
    return seconds


class Latchkey:
    """One for the whole program: its threads share the pool of connections."""

    def __init__(self, url):
        self.connections = 0  # opened so far
        self._http = httpx.Client(base_url=url + "/api/v1/auth/", limits=POOL, trust_env=False)

    def ask(self, endpoint, question):
        ends = time.monotonic() + TOTAL
        for attempt in range(1, ATTEMPTS + 1):
            left = max(ends - time.monotonic(), 0.001)
            times = httpx.Timeout(min(READ, left), connect=min(CONNECT, left))
            try:
                return verdict_of(self._http.post(endpoint, json=question, timeout=times,
                                                  extensions={"trace": self._count}))
            except (httpx.TransportError, Undecided) as error:
                time.sleep(pause_after(error, attempt, ends))

    def _count(self, event, _):
        self.connections += event == "connection.connect_tcp.complete"


if __name__ == "__main__":
    latchkey = Latchkey(os.environ["LATCHKEY_URL"])
    key, token = {"api_key": os.environ["DEMO_API_KEY"]}, {"token": os.environ["DEMO_TOKEN"]}
    try:
        print("key:", latchkey.ask("verify-api-key", key)["code"])
        print("token:", latchkey.ask("verify-token", token)["code"])
        bad = {"type": "api_key", "api_key": "wrong"}
        items = [{"type": "api_key", **key}, {"type": "token", **token}, bad]
        results = latchkey.ask("verify-batch", {"items": items})["results"]
        print("batch:", *(verdict["code"] for verdict in results))
        for _ in range(20):
            latchkey.ask("verify-api-key", key)
    except Undecided as undecided:
        sys.exit(str(undecided))
    print("23 questions, connections opened:", latchkey.connections)
