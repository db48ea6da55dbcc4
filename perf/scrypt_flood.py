#!/usr/bin/env python3
"""What a flood of devices with secrets that people chose does to cached answers: the p99 of cached key
verifications while 64 callers present wrong secrets of 1000 such devices as fast as they get answers,
against the same without the flood, in interleaved rounds. Every answer of the flood must be 503 or
INVALID_CREDENTIALS, every other one 200.

The eight callers of cached keys pause 1 ms between their requests. The server, its scrypt thread
included, has one core. All callers share the other, where those of cached keys come first (SCHED_FIFO), so
that the delay which is measured is the server's."""

import pathlib
import re
import statistics
import subprocess
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, rounds=7, seconds=3, limit_wait_ms=1.0)

FLOOD = """
wrk.method = 'POST'
wrk.headers['Content-Type'] = 'application/json'
function request()
    return wrk.format(nil, nil, nil, '{"device_id":"dev_' .. math.random(1, 1000) .. '","device_secret":"' ..
                      math.random(1, 1e9) .. '"}')
end
local decided, refused, wrong = 0, 0, 0
function response(status, headers, body)
    if status == 503 then refused = refused + 1
    elseif body:find('INVALID_CREDENTIALS', 1, true) then decided = decided + 1
    else wrong = wrong + 1 end
    counts = decided .. ' decided, ' .. refused .. ' refused, ' .. wrong .. ' wrong'
end
local threads = {}
function setup(thread) table.insert(threads, thread) end
function done() for _, t in ipairs(threads) do print('flood: ' .. (t:get('counts') or 'none')) end end
"""


def cached(server, script):
    answered = loads.wrk(server.url + loads.VERIFY_API_KEY, options.seconds, 8, script, before_others=True)
    assert not answered.bad, answered.text
    return answered.p99_ms


def beside_a_flood(server, script, flood):
    command = loads.wrk_command(server.url + "/api/v1/auth/authenticate-device", options.seconds + 1, 64, flood)
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    p99 = cached(server, script)
    out = running.communicate()[0]
    decided, refused, wrong = map(int, re.search(r"flood: (\d+) decided, (\d+) refused, (\d+) wrong", out).groups())
    assert wrong == 0 and refused > 0, out
    return p99, decided, refused


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-flood-") as folder:
    postgres.migrated(options.bin)
    seed.keys(postgres)
    seed.devices(postgres, 1000, seed.CHOSEN_SECRET)
    with servers.Latchkey(options.bin, folder, postgres.uri, core=measure.SERVER_CORE) as server:
        server.wait_for("/readyz")
        one = loads.post_script(folder, seed.key_body(), "function delay() return 1 end\n")
        flood = pathlib.Path(folder) / "flood.lua"
        flood.write_text(FLOOD)
        alone, beside = [], []
        print(f"{'round':>5} {'p99 alone':>10} {'in a flood':>11} {'decided':>8} {'refused':>8}")
        for n in range(options.rounds):
            alone.append(cached(server, one))
            p99, decided, refused = beside_a_flood(server, one, flood)
            beside.append(p99)
            print(f"{n + 1:>5} {alone[-1]:>7.3f} ms {p99:>8.3f} ms {decided:>8} {refused:>8}")

wait = statistics.median([b - a for a, b in zip(alone, beside)])
measure.verdict(wait <= options.limit_wait_ms,
                f"cached answers' p99 {wait:.3f} ms later in a flood (at most {options.limit_wait_ms})")
