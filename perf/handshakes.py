#!/usr/bin/env python3
"""CPU per full handshake of TLS 1.3, against openssl s_server, by openssl s_time.

The same certificate (ECDSA P-256) for both; one worker each, on one core; the load on the other; interleaved rounds."""

import re
import statistics
import subprocess
import tempfile

import measure
import servers

options = measure.arguments(__doc__, rounds=9, seconds=2, share=0.9)


def handshakes(process, port):
    """CPU us per full handshake."""
    before = process.cpu_ns()
    out = subprocess.run(
        [
            "taskset",
            "-c",
            measure.LOAD_CORE,
            "openssl",
            "s_time",
            "-new",
            "-tls1_3",
            "-time",
            str(options.seconds),
            "-connect",
            f"127.0.0.1:{port}",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    count = int(re.search(r"(\d+) connections in \d+ real seconds", out).group(1))
    return (process.cpu_ns() - before) / count / 1000, count / options.seconds


def interleave_handshakes(contenders):
    costs = {name: [] for name in contenders}
    print(f"{'round':>5} {'server':<17} {'handshakes/s':>12} {'CPU us/handshake':>17}")
    for n in range(options.rounds):
        for name, (process, port) in contenders.items():
            cost, rate = handshakes(process, port)
            costs[name].append(cost)
            print(f"{n + 1:>5} {name:<17} {rate:>12.0f} {cost:>17.1f}")
    for name, values in costs.items():
        print(f"{name:<17} CPU us/handshake: {measure.spread(values)}")
    return costs


with tempfile.TemporaryDirectory(prefix="lk-tls-") as folder:
    section = servers.make_certificate(folder)
    with servers.Latchkey(options.bin, folder, core=measure.SERVER_CORE, more=section) as server:
        server.url, server.trust = f"https://localhost:{server.port}", servers.trust_in(folder)
        server.wait_for("/livez")
        openssl_port = servers.free_port()
        # As many tickets as ours gives.
        with servers.Process(
            [
                "openssl",
                "s_server",
                "-accept",
                f"127.0.0.1:{openssl_port}",
                "-www",
                "-quiet",
                "-tls1_3",
                "-num_tickets",
                "1",
                "-cert",
                f"{folder}/server.pem",
                "-key",
                f"{folder}/key.pem",
            ],
            core=measure.SERVER_CORE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as peer:
            servers.wait_for_port(openssl_port)
            costs = interleave_handshakes({"openssl s_server": (peer, openssl_port), "latchkey": (server, server.port)})
        text = server.wait_for("/metrics").decode()
        resumed = re.search(r'auth_tls_handshakes_total\{outcome="resumed",version="1.3"\} (\d+)', text)
        assert not resumed, "each handshake was to be a full one"

shares = measure.ratios(costs["openssl s_server"], costs["latchkey"])
share = statistics.median(shares)
measure.verdict(
    share >= options.share, f"per CPU, {share:.3f} x the handshakes of openssl s_server (at least {options.share})"
)
