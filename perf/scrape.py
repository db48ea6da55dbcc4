#!/usr/bin/env python3
"""What a scrape of /metrics costs a worker:

 1. The CPU time of the worker's own thread per scrape, of both forms of the page, over a kept connection. The page
    itself is written on another thread, whose time is shown beside it.
 2. How much later p99 of cached key verifications is at full load (one worker on one core, which writes the pages
    too) while the page is scraped ten times a second, in interleaved rounds."""

import http.client
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, scrapes=200, rounds=7, seconds=3, limit_ms=1.0)
FORMS = {"text": "text/plain", "OpenMetrics": "application/openmetrics-text"}


def used_ms(server, name):
    """CPU time of the threads with this name, or of all."""
    total = 0
    for task in Path(f"/proc/{server.pid}/task").iterdir():
        if name in ("", (task / "comm").read_text().strip()):
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e6


class Scraper:
    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port)

    def scrape(self, accept):
        self.connection.request("GET", "/metrics", headers={"Accept": accept})
        answer = self.connection.getresponse()
        page = answer.read()
        assert answer.status == 200
        return len(page)


def cost(server, accept):
    scraper = Scraper(server)
    size = scraper.scrape(accept)
    worker, all_threads = used_ms(server, "worker-0"), used_ms(server, "")
    for _ in range(options.scrapes):
        scraper.scrape(accept)
    worker, all_threads = used_ms(server, "worker-0") - worker, used_ms(server, "") - all_threads
    return size, worker / options.scrapes, (all_threads - worker) / options.scrapes


class Scraping(threading.Thread):
    def __init__(self, server):
        super().__init__(daemon=True)
        self.scraper, self.scrapes, self.ended = Scraper(server), 0, False

    def run(self):
        while not self.ended:
            self.scraper.scrape(FORMS["OpenMetrics"])
            self.scrapes += 1
            time.sleep(0.1)


def p99(server, script):
    answered = loads.wrk(server.url + loads.VERIFY_API_KEY, options.seconds, 16, script, before_others=True)
    assert not answered.bad, answered.text
    return answered.p99_ms


def p99_beside(server, script):
    scraping = Scraping(server)
    scraping.start()
    measured = p99(server, script)
    scraping.ended = True
    scraping.join()
    assert scraping.scrapes > 1, "nothing was scraped"
    return measured


os.sched_setaffinity(0, {int(measure.LOAD_CORE)})
with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-scrape-") as folder:
    postgres.migrated(options.bin)
    seed.keys(postgres)
    with servers.Latchkey(options.bin, folder, postgres.uri, core=measure.SERVER_CORE) as server:
        server.wait_for("/readyz")
        costs = []
        for form, accept in FORMS.items():
            size, worker, others = cost(server, accept)
            costs.append(worker)
            print(f"{form}: {size} bytes, {worker:.3f} ms of the worker a scrape, {others:.3f} ms of other threads")
        script = loads.post_script(folder, seed.key_body())
        alone, beside = [], []
        print(f"{'round':>5} {'p99 alone':>10} {'beside scrapes':>15}")
        for n in range(options.rounds):
            alone.append(p99(server, script))
            beside.append(p99_beside(server, script))
            print(f"{n + 1:>5} {alone[-1]:>7.3f} ms {beside[-1]:>12.3f} ms", flush=True)

later = statistics.median([b - a for a, b in zip(alone, beside)])
measure.verdict(max(costs) <= options.limit_ms,
                f"a scrape costs a worker {max(costs):.3f} ms (at most {options.limit_ms}); where all threads share one "
                f"core, p99 at full load is {later:.3f} ms later beside ten scrapes a second")
