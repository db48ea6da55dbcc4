#!/usr/bin/env python3
"""What TLS 1.3 costs: CPU per cached verification over kept connections, against nginx, which returns as
many bytes; and CPU per full handshake, against openssl s_server, by openssl s_time.

The same certificate (ECDSA P-256) for all; one worker each, on one core; the load on the other;
interleaved rounds."""

import re
import socket
import statistics
import subprocess
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, rounds=15, seconds=1, connections=64, limit=1.1, handshake_rounds=9,
                            handshake_seconds=2, handshake_share=0.9)


def suite_of(port, trust):
    with socket.create_connection(("127.0.0.1", port)) as raw, trust.wrap_socket(raw, server_hostname="localhost") as s:
        assert s.version() == "TLSv1.3"
        return s.cipher()[0]


def load(port, script):
    url = f"https://localhost:{port}{loads.VERIFY_API_KEY}"
    return lambda: loads.wrk(url, options.seconds, options.connections, script)


def handshakes(process, port):
    """CPU us per full handshake."""
    before = process.cpu_ns()
    out = subprocess.run(["taskset", "-c", measure.LOAD_CORE, "openssl", "s_time", "-new", "-tls1_3", "-time",
                          str(options.handshake_seconds), "-connect", f"127.0.0.1:{port}"],
                         capture_output=True, text=True, check=True).stdout
    count = int(re.search(r"(\d+) connections in \d+ real seconds", out).group(1))
    return (process.cpu_ns() - before) / count / 1000, count / options.handshake_seconds


def interleave_handshakes(contenders):
    costs = {name: [] for name in contenders}
    print(f"{'round':>5} {'server':<17} {'handshakes/s':>12} {'CPU us/handshake':>17}")
    for n in range(options.handshake_rounds):
        for name, (process, port) in contenders.items():
            cost, rate = handshakes(process, port)
            costs[name].append(cost)
            print(f"{n + 1:>5} {name:<17} {rate:>12.0f} {cost:>17.1f}")
    for name, values in costs.items():
        print(f"{name:<17} CPU us/handshake: {measure.spread(values)}")
    return costs


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-tls-") as folder:
    postgres.migrated(options.bin)
    seed.keys(postgres)
    section = servers.make_certificate(folder)
    trust = servers.trust_in(folder)
    with servers.Latchkey(options.bin, folder, postgres.uri, core=measure.SERVER_CORE, more=section) as server:
        server.url, server.trust = f"https://localhost:{server.port}", trust
        server.wait_for("/readyz")
        hit = loads.cached_answer(server, loads.VERIFY_API_KEY, seed.key_body())
        with servers.nginx(folder, hit, trust) as nginx:
            suite, their_suite = suite_of(server.port, trust), suite_of(nginx.port, trust)
            assert suite == their_suite, (suite, their_suite)
            print(f"{suite}; {len(hit)} bytes an answer (nginx {nginx.answer_bytes}), {options.connections} connections")
            script = loads.post_script(folder, seed.key_body())
            costs = measure.interleave({"nginx": (nginx, load(nginx.port, script)),
                                        "latchkey": (server, load(server.port, script))}, options.rounds)
        ratios = measure.ratios(costs["latchkey"], costs["nginx"])
        print(f"against nginx: {measure.spread(ratios)}")
        openssl_port = servers.free_port()
        # As many tickets as ours gives.
        with servers.Process(["openssl", "s_server", "-accept", f"127.0.0.1:{openssl_port}", "-www", "-quiet", "-tls1_3",
                              "-num_tickets", "1", "-cert", f"{folder}/server.pem", "-key", f"{folder}/key.pem"],
                             core=measure.SERVER_CORE, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL) as peer:
            servers.wait_for_port(openssl_port)
            costs = interleave_handshakes({"openssl s_server": (peer, openssl_port), "latchkey": (server, server.port)})
        shares = measure.ratios(costs["openssl s_server"], costs["latchkey"])
        print(f"handshakes per CPU, against s_server: {measure.spread(shares)}")
        text = server.wait_for("/metrics").decode()
        resumed = re.search(r'auth_tls_handshakes_total\{outcome="resumed",version="1.3"\} (\d+)', text)
        assert not resumed, "each handshake was to be a full one"

ratio, share = statistics.median(ratios), statistics.median(shares)
measure.verdict(ratio <= options.limit and share >= options.handshake_share,
                f"a cached verification over TLS costs {ratio:.3f} x nginx (at most {options.limit}); per CPU, "
                f"{share:.3f} x the handshakes of openssl s_server (at least {options.handshake_share})")
