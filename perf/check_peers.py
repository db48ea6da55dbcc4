#!/usr/bin/env python3
"""Whether the contenders of peers/ answer as Latchkey does: starts each of them over the same credentials, asks each
kind of question with good and bad credentials, twice (what was remembered must be the same), and compares verdict, code
and what identifies the credential. Then checks that each request of a load's mix gets the answer that the mix expects, and
that pgbench and the queries of peers/queries.py run. No times are looked at."""

import contextlib
import json
import tempfile

import loads
import measure
import servers
from peers import data, node, pgbench, queries, questions
from peers.floor import Floor
from peers.http_client import Client
from peers.latchkey import Latchkey
from peers.nginx_constant import NginxConstant
from peers.nginx_lua import NginxLua
from peers.old_service import OldService

options = measure.arguments(__doc__, helpers=["epoll_floor", "load"])
if problem := node.fetch():
    measure.verdict(False, f"Node: {problem}")

COMPARED = ("valid", "code", "key_id", "device_id", "organization_id", "name", "scopes", "metadata", "external_id",
            "subject", "issuer", "token_id", "claims", "token_type", "expires_in")
KEYS = ("bench-key-7", "bench-key-1000", "bench-key-later", "bench-key-1001", "bench-key-no-such", "bench-key-disabled",
        "bench-key-expired", "bench-key-off")
DEVICES = (("dev_7", "bench-secret-7"), ("dev_7", "bench-secret-8"), ("dev_no_such", "bench-secret-7"),
           ("dev_disabled", "bench-secret-disabled"), ("dev_disabled", "wrong"), ("dev_off", "bench-secret-off"))
SHOWN_MAX = 10
failures = []


def cases(issuer):
    """(kind of credential, path, body): what is asked."""
    for key in KEYS:
        yield "api_key", questions.VERIFY_API_KEY, {"api_key": key}
    for device_id, secret in DEVICES:
        yield "device", questions.AUTHENTICATE_DEVICE, {"device_id": device_id, "device_secret": secret}
    for token in issuer.tokens.values():
        yield "token", questions.VERIFY_TOKEN, {"token": token}
    for key in KEYS[:3] + KEYS[4:]:
        yield "generate", questions.GENERATE_TOKEN, {"api_key": key}


def outcome(answered):
    """The part of an answer that must agree."""
    status, text = answered
    told = json.loads(text)
    return {"status": status, **{name: told[name] for name in COMPARED if name in told}}


def is_asked(peer, kind):
    return any(k.startswith(kind) for k in peer.kinds)


def compare(peer, right):
    """right: [(kind, path, body, Latchkey's outcome)]"""
    client = Client(peer.to)
    asked = 0
    for kind, path, body, expected in right:
        if not is_asked(peer, kind):
            continue
        for turn in ("first", "second"):
            found = outcome(client.ask(path, body))
            asked += 1
            if found != expected:
                failures.append(f"{peer.name}: {path} {json.dumps(body)}, {turn} time:\n  {found}\n"
                                f"  where Latchkey says\n  {expected}")
    return asked


def check_mix(peer):
    """Asks each request of a load's mix with the first number, with the last, and with the first again."""
    client = Client(peer.to)
    for kind in questions.KINDS:
        request = peer.request(kind, count=500, first=3)
        if request is None:
            continue
        peer.forget()
        keys = request["keys"]
        for n in (keys["first"], keys["first"] + keys["count"] - 1, keys["first"]):
            status, text = client.ask(request["path"], request["body"].replace("{n}", str(n)), request["headers"])
            expect = request["expect"]
            if not (status == expect["status"] and text.startswith(expect["starts"])
                    and all(part.replace("{n}", str(n)) in text for part in expect["contains"])):
                failures.append(f"{peer.name}: {kind} with {n} is answered {status} {text[:200]},\n"
                                f"  but the mix expects {expect}")


def check_pool(peer, postgres):
    """Under load it keeps its connections to PostgreSQL: what it opens anew in a second load costs the database a
    process each, and the contender time."""
    if not isinstance(peer, (NginxLua, node.Node)):
        return
    mix = loads.mix(peer.request("api_key_miss", count=1000))
    pids = []
    for _ in range(2):
        peer.forget()
        loads.load(peer.to, mix, connections=64, seconds=0.3)
        pids.append(set(postgres.value("select pid from pg_stat_activity where backend_type = 'client backend' and "
                                       "pid <> pg_backend_pid() and query ~ 'api_keys'").split()))
    if not pids[0] or pids[1] - pids[0]:
        failures.append(f"{peer.name}: under load it opened {len(pids[1] - pids[0])} connections to PostgreSQL besides "
                        f"{len(pids[0])}")


def check_costs(peer):
    if not peer.pids() or peer.cpu_ns() <= 0:
        failures.append(f"{peer.name}: no CPU time of the processes {peer.pids()}")


def contenders(postgres, issuer):
    return [OldService(postgres, issuer), OldService(postgres, issuer, fetch="filter"),
            OldService(postgres, issuer, fetch="filter", index="gin"),
            OldService(postgres, issuer, fetch="filter", index="jsonb_path_ops", workers=2),
            OldService(postgres, issuer, redis=True),
            OldService(postgres, issuer, fetch="filter", index="jsonb_path_ops", redis=True),
            NginxLua(postgres), node.Node(postgres)]


def check_bench(postgres):
    """pgbench and the queries of each layout run; the latter check each row that they get."""
    if not (pgbench.single(postgres, 1000, 1, 2) > 0 and pgbench.pipelined(postgres, 1000, 1, 2) > 0):
        failures.append("pgbench looked nothing up")
    rows = queries.ask_all(queries.fill(postgres, options.bin, 10, organizations=3), organizations=3, seconds=0.1)
    used = {row["way"]: row["index_used"] for row in rows}
    if used != {way: queries.uses_index(way) for way in queries.ALL_WAYS}:
        failures.append(f"which queries used an index: {used}")


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-peers-") as folder:
    postgres.migrated(options.bin)
    data.fill(postgres, organizations=10, keys_each=100, devices=1000)
    issuer = data.Issuer(folder)
    with Latchkey(options.bin, postgres, issuer, unix=True) as latchkey:
        client = Client(latchkey.to)
        right = [(kind, path, body, outcome(client.ask(path, body))) for kind, path, body in cases(issuer)]
        hit = loads.cached_answer(latchkey.server, questions.VERIFY_API_KEY, json.dumps({"api_key": "bench-key-7"}))
        check_mix(latchkey)
        compare(latchkey, right)
        for peer in contenders(postgres, issuer):
            with peer:
                asked = compare(peer, right)
                check_mix(peer)
                check_costs(peer)
                check_pool(peer, postgres)
                print(f"{peer.name:<36} {asked:>3} answers compared", flush=True)
        constants = [Floor(hit), Floor(hit, unix=True), NginxConstant(hit)]
        with contextlib.ExitStack() as stack:
            for peer in [stack.enter_context(peer) for peer in constants]:
                check_mix(peer)
                check_costs(peer)
                print(f"{peer.name:<36} {peer.answer_bytes:>3} bytes for Latchkey's {len(hit)}", flush=True)
    check_bench(postgres)

valid = sum(1 for *_, expected in right if expected.get("valid"))
if not 0 < valid < len(right):
    failures.append(f"Latchkey accepts {valid} of {len(right)} credentials: nothing is compared")
print(*failures[:SHOWN_MAX], sep="\n")
measure.verdict(not failures, f"{len(right)} questions, {valid} of them with good credentials: the contenders' answers "
                + ("are Latchkey's" if not failures else f"differ in {len(failures)} cases"))
