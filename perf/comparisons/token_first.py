"""The first verification of a token of 700 bytes by the library, past the cache, against `openssl speed`."""

import loads
import measure as programs
from comparisons.common import bound, figure, median, shown

NAME, TITLE, SECONDS = "token_first", "The first verification of a token", 45
HELPERS = ("token_verify",)
MODEL = "A first verification is one check of a signature, by OpenSSL, and some microseconds of base64url and JSON."
COLUMNS = ("algorithm", "openssl speed", "Latchkey's library", "beyond 1.05 ×")
ALGORITHMS = ("RS256", "ES256", "EdDSA")
FACTOR, MORE_US = 1.05, 2


def library_us(algorithm, seconds):
    ((nanoseconds,),) = programs.run_helper("token_verify", algorithm, seconds, core=programs.SERVER_CORE)
    return float(nanoseconds) / 1000


def measure(bench):
    found = {name: {"openssl_us": [], "library_us": []} for name in ALGORITHMS}
    for _ in bench.each_round():
        for algorithm, one in found.items():
            one["openssl_us"].append(loads.openssl_speed(algorithm, 1)[1])
            one["library_us"].append(library_us(algorithm, min(bench.seconds, 1)))
    return {"algorithms": found}


def beyond(one):
    return [ours - FACTOR * theirs for theirs, ours in zip(one["openssl_us"], one["library_us"])]


def rows(figures):
    return [
        [name, figure(one["openssl_us"], "µs"), figure(one["library_us"], "µs"), figure(beyond(one), "µs")]
        for name, one in figures["algorithms"].items()
    ]


def bounds(figures):
    return [
        bound(
            f"first verification of a token, {name}, beyond {FACTOR} × openssl speed",
            "µs",
            beyond(one),
            most=MORE_US,
            where=f"openssl {shown(median(one['openssl_us']))} µs, Latchkey {shown(median(one['library_us']))} µs: "
            "besides the check of the signature, base64url, SHA-256, JSON and the judgement",
        )
        for name, one in figures["algorithms"].items()
    ]


def charts(figures):
    return [
        {
            "kind": "bars",
            "title": "Microseconds of a first verification",
            "unit": "µs",
            "bars": [
                {"name": f"{name}, {who}", "figure": figure(one[key], "µs"), "ours": who == "Latchkey"}
                for name, one in figures["algorithms"].items()
                for who, key in (("openssl speed", "openssl_us"), ("Latchkey", "library_us"))
            ],
        }
    ]
