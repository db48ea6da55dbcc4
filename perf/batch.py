#!/usr/bin/env python3
"""What verify-batch does to others and to the database, by two measures, on one worker:

 1. How long other callers of the same worker wait while batches run, against without batches: their p99
    by wrk --latency, in interleaved rounds. Neither load saturates the worker: eight callers pause 1 ms
    between their requests, four pause 1 to 5 ms between their batches.
 2. Batches of a thousand keys that are looked up (Cache-Control: no-cache), in rows a second, against
    a bare libpq loop with `= ANY($1)` on one connection, in interleaved rounds."""

import json
import pathlib
import re
import statistics
import subprocess
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(
    __doc__, helpers=["any_loop"], rounds=7, seconds=2, keys=1_000_000, limit_wait_ms=1.0, limit_cold=0.8, callers=2
)

PATH = "/api/v1/auth/verify-batch"
ITEMS = 1000
# Other keys in each request, which is made before the time begins: there are two cores for all. Every
# answer must have them all.
COLD = """
wrk.method = 'POST'
wrk.headers['Content-Type'] = 'application/json'
wrk.headers['Cache-Control'] = 'no-cache'
local requests, sent = {}, 0
function init()
    for n = 1, REQUESTS do
        local items = {}
        for i = 1, ITEMS do
            items[i] = '{"type":"api_key","api_key":"bench-key-' .. math.random(1, KEYS) .. '"}'
        end
        requests[n] = wrk.format(nil, nil, nil, '{"items":[' .. table.concat(items, ',') .. ']}')
    end
end
function request()
    sent = sent + 1
    return requests[sent % #requests + 1]
end
function response(status, headers, body)
    if status ~= 200 or not body:find('"undecided_count":0}', -24, true) then wrong = (wrong or 0) + 1 end
end
local threads = {}
function setup(thread) table.insert(threads, thread) end
function done() for _, t in ipairs(threads) do print('wrong answers: ' .. (t:get('wrong') or 0)) end end
"""


def load(url, connections, script):
    answered = loads.wrk(url, options.seconds, connections, script)
    assert not answered.bad, answered.text
    assert not re.search(r"wrong answers: [1-9]", answered.text), answered.text
    return answered


def neighbours(url, one, many):
    """p99 of single verifications, while batches run if `many` is given."""
    command = loads.wrk_command(url + PATH, options.seconds + 1, 4, many)
    batches = subprocess.Popen(command, stdout=subprocess.DEVNULL) if many else None
    p99 = load(url + loads.VERIFY_API_KEY, 8, one).p99_ms
    if batches:
        batches.wait()
    return p99


def bare_loop(postgres):
    ((rate,),) = measure.run_helper("any_loop", postgres.uri, options.keys, ITEMS, options.seconds)
    return float(rate)


def cold(url, script):
    return load(url + PATH, options.callers, script).requests * ITEMS / options.seconds


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-batch-") as folder:
    postgres.migrated(options.bin)
    seed.keys(postgres, options.keys)
    with servers.Latchkey(options.bin, folder, postgres.uri, core=measure.SERVER_CORE) as server:
        server.wait_for("/readyz")
        items = [{"type": "api_key", "api_key": f"bench-key-{n}"} for n in range(1, ITEMS + 1)]
        many = pathlib.Path(folder) / "many.lua"
        many.write_text(
            "wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\n"
            f"wrk.body = '{json.dumps({'items': items}, separators=(',', ':'))}'\n"
        )
        one = loads.post_script(folder, seed.key_body(7), "function delay() return 1 end\n")
        paused = pathlib.Path(folder) / "paused.lua"
        paused.write_text(many.read_text() + "function delay() return math.random(1, 5) end\n")
        random = pathlib.Path(folder) / "random.lua"
        random.write_text(
            COLD.replace("ITEMS", str(ITEMS)).replace("KEYS", str(options.keys)).replace("REQUESTS", "400")
        )
        loads.wrk(server.url + PATH, 1, 4, many)

        alone, beside = [], []
        for _ in range(options.rounds):
            alone.append(neighbours(server.url, one, None))
            beside.append(neighbours(server.url, one, paused))
        print(f"neighbours' p99 in ms without batches: {measure.spread(alone)}")
        print(f"neighbours' p99 in ms beside batches:  {measure.spread(beside)}")

        ours, theirs = [], []
        for _ in range(options.rounds):
            theirs.append(bare_loop(postgres))
            ours.append(cold(server.url, random))
        print(f"rows/s of the bare loop: {measure.spread(theirs)}")
        print(f"rows/s of cold batches:  {measure.spread(ours)}")

wait = statistics.median([b - a for a, b in zip(alone, beside)])
ratio = statistics.median(measure.ratios(ours, theirs))
measure.verdict(
    wait <= options.limit_wait_ms and ratio >= options.limit_cold,
    f"neighbours' p99 {wait:.3f} ms later (at most "
    f"{options.limit_wait_ms}), cold batches at {ratio:.2f} x the bare loop (at least {options.limit_cold})",
)
