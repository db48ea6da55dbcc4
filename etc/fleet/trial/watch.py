"""Watches a fail-over, in a process of its own: `watch.py < ORDER`, until SIGTERM. It prints a line for whatever
changes: {"at": real time, "what": name, "is": value}.

ORDER is JSON: {"etcd": [URL…], "databases": {machine: socket folder}, "password": …, "nodes": {node: URL}}."""

import json
import sys
import threading
import time
import urllib.request

import psycopg2

EACH = 0.05  # seconds between two looks
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
TOLD = threading.Lock()


def tell(what, value, at):
    with TOLD:
        print(json.dumps({"at": round(at, 3), "what": what, "is": value}), flush=True)


def watch(what, look):
    """Tells each new value that it gives. The time is that of the look's end."""
    last = object()
    while True:
        value = look()
        if value != last:
            tell(what, value, time.time())
            last = value
        time.sleep(EACH)


def leader(urls):
    """Whose name the leader's key has; None: it has expired."""
    def look():
        for url in urls:
            try:
                with OPENER.open(url + "/v2/keys/service/latchkey/leader", timeout=1) as answer:
                    return json.load(answer)["node"]["value"]
            except urllib.error.HTTPError as answer:
                if answer.code == 404:
                    return None
            except OSError:
                continue
        return "no etcd"
    return look


def role(folder, password):
    """"primary", "standby" or "away"."""
    kept = []

    def look():
        try:
            if not kept:
                kept.append(psycopg2.connect(host=folder, user="postgres", password=password, dbname="postgres",
                                             connect_timeout=2))
                kept[0].autocommit = True
            with kept[0].cursor() as cursor:
                cursor.execute("select pg_is_in_recovery()")
                return "standby" if cursor.fetchone()[0] else "primary"
        except psycopg2.Error:
            kept.clear()
            return "away"
    return look


def readiness(url):
    def look():
        try:
            with OPENER.open(url + "/readyz", timeout=1) as answer:
                return answer.status
        except urllib.error.HTTPError as answer:
            return answer.code
        except OSError:
            return 0
    return look


def main():
    order = json.load(sys.stdin)
    looks = {"leader": leader(order["etcd"])}
    looks |= {f"database {m}": role(folder, order["password"]) for m, folder in order["databases"].items()}
    looks |= {f"ready {n}": readiness(url) for n, url in order["nodes"].items()}
    for what, look in looks.items():
        threading.Thread(target=watch, args=(what, look), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
