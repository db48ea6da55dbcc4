#!/usr/bin/env python3
"""What one transaction that changes very many keys does to a node: how late cached answers about another key are
meanwhile, compared with the same answers while nothing changes; how much memory the node takes; and how long after
the commit its feed is up to date."""

import socket
import tempfile
import threading
import time

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, keys=1_000_000, limit=10.0, memory=200)
BODY = seed.key_body(1)


class Asker(threading.Thread):
    """Asks for a cached key 1,000 times a second at most, and notes what each answer took, in ms."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.times, self.wrong, self.ended = [], 0, False
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = (f"POST {loads.VERIFY_API_KEY} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        f"Content-Length: {len(BODY)}\r\n\r\n{BODY}").encode()

    def run(self):
        while not self.ended:
            began = time.monotonic()
            self.socket.sendall(self.request)
            answer = self.socket.recv(65536)
            self.times.append((time.monotonic() - began) * 1000)
            self.wrong += b'"valid":true' not in answer
            time.sleep(0.001)

    def end(self):
        self.ended = True
        self.join()
        return sorted(self.times)


def told(times):
    return f"{len(times)} answers, p99.9 {times[len(times) * 999 // 1000]:.2f} ms, the latest {times[-1]:.2f} ms"


def feed_age(node):
    return ((node.command("status") or {}).get("feed") or {}).get("age_seconds")


with servers.Postgres() as postgres, tempfile.TemporaryDirectory() as folder:
    postgres.migrated(options.bin)
    seed.keys(postgres, options.keys + 1)
    with servers.Latchkey(options.bin, folder, postgres.uri, core=measure.SERVER_CORE) as node:
        node.wait_for("/readyz")
        loads.ask(node.port, loads.VERIFY_API_KEY, BODY)
        quiet = Asker(node.port)
        quiet.start()
        time.sleep(10)
        usual = quiet.end()
        print("quiet:          ", told(usual))

        before, most = node.rss_bytes(), 0
        asker = Asker(node.port)
        asker.start()
        # All but the key that is asked for.
        postgres.sql("update latchkey.api_keys set name = 'n' where key_id <> 'key_1'")
        committed = time.monotonic()
        applied = None
        while time.monotonic() - committed < 120:
            most = max(most, node.rss_bytes())
            age = feed_age(node)
            # What was published after the commit began after it.
            if age is not None and age < time.monotonic() - committed - 0.05:
                applied = time.monotonic() - committed
                break
            time.sleep(0.02)
        loaded = asker.end()
        print("many changes:   ", told(loaded), f"({asker.wrong} not valid)")
        grown = (max(most, node.rss_bytes()) - before) / 2**20
        print(f"applied {applied and round(applied, 2)} s after the commit; {grown:.0f} MiB more memory")

later = loaded[-1] - usual[-1]
measure.verdict(applied is not None and asker.wrong == 0 and later <= options.limit and grown <= options.memory,
                f"{options.keys} keys in one transaction: the latest of {len(loaded)} cached answers came {later:.2f} ms "
                f"later than the latest without (at most {options.limit}), {grown:.0f} MiB more (at most {options.memory})")
