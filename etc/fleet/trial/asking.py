"""Waiting for a condition, and asking by HTTP."""

import time
import urllib.error
import urllib.request


def until(condition, seconds, what):
    """Waits until it holds, and returns what it gave; an error names what was waited for."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {seconds} s")
        time.sleep(0.05)
    return found


def asked(url, headers=(), seconds=2):
    """(status, text) of a GET; (0, why) without an answer."""
    question = urllib.request.Request(url, headers=dict(headers))
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(question, timeout=seconds) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()
    except OSError as why:
        return 0, str(why)
