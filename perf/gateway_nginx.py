#!/usr/bin/env python3
"""What Latchkey costs behind nginx, with the shipped configuration (etc/gateways/nginx):

 1. CPU per request of nginx and of Latchkey, for a protected location and for one that is not. The same key is
    cached; wrk with 64 keep-alive connections. Latchkey is asked over TCP and by its unix socket; in a further nginx
    a bare epoll loop in its place answers the same bytes over TCP. Latchkey's part has a bound against that one's.
 2. How much later p50 and p99 are through the protected location, at a steady pace.

Latchkey (one worker), nginx (one process) and the upstream, a bare epoll loop, share one core, and the clients have
the other. Interleaved rounds."""

import json
import pathlib
import shutil
import socket
import statistics
import subprocess
import tempfile

import loads
import measure
import seed
import servers

options = measure.arguments(__doc__, helpers=["epoll_floor", "load"], rounds=15, seconds=1, connections=64, rate=2000,
                            limit=1.5)

SHIPPED = measure.SOURCE / "etc/gateways/nginx"
BODY = b'{"valid":true}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
PLACES = ("/open/x", "/protected/x")

CONFIGURATION = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 1000000000; keepalive_timeout 75s; server_tokens off;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream upstream {{ server 127.0.0.1:{upstream}; keepalive 32; keepalive_requests 1000000000; }}
    include latchkey-upstream.conf;
    server {{
        listen 127.0.0.1:{port};
        include latchkey-server.conf;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        location /open/ {{ proxy_pass http://upstream; }}
        location /protected/ {{
            set $latchkey_demand "scope=devices:read";
            include latchkey-protect.conf;
            proxy_set_header Connection "";
            proxy_pass http://upstream;
        }}
    }}
}}
"""


def start_nginx(folder, name, asked, upstream):
    """asked: where Latchkey is."""
    place = pathlib.Path(folder) / name
    shutil.copytree(SHIPPED, place)
    place.chmod(0o755)
    shipped = place / "latchkey-upstream.conf"
    shipped.write_text(shipped.read_text().replace("127.0.0.1:8080", asked))
    port = servers.free_port()
    config = place / "nginx.conf"
    config.write_text(CONFIGURATION.format(folder=place, port=port, upstream=upstream.port))
    nginx = servers.Process(["nginx", "-p", place, "-c", config], core=measure.SERVER_CORE, stderr=subprocess.DEVNULL)
    nginx.port = port
    servers.wait_for_port(port)
    return nginx


def forwarded_answer(latchkey, bearer):
    with socket.create_connection(("127.0.0.1", latchkey.port)) as s:
        s.sendall(f"GET /forward-auth?scope=devices:read HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer}\r\n\r\n".encode())
        return s.recv(65536)


def round_of_cpu(nginx, latchkey, place, script, name="Latchkey"):
    """CPU us per request: nginx's and that of what it asks."""
    before = nginx.cpu_ns(), latchkey.cpu_ns()
    answered = loads.wrk(f"http://127.0.0.1:{nginx.port}{place}", options.seconds, options.connections, script)
    if answered.bad:
        measure.verdict(False, f"{answered.bad} answers of {place} were not 200")
    after = nginx.cpu_ns(), latchkey.cpu_ns()
    costs = [(b - a) / answered.requests / 1000 for a, b in zip(before, after)]
    print(f"{place:<14} {answered.rate:>8.0f}/s, CPU us/request: nginx {costs[0]:6.2f}, {name} {costs[1]:6.2f}", flush=True)
    return costs


def round_of_pace(nginx, place, bearer):
    """p50 and p99 in us."""
    mix = loads.mix(loads.request(place, place, "", loads.json_headers(Authorization=bearer), contains=['"valid":true']))
    found = loads.load(nginx.port, mix, connections=options.connections, rate=options.rate, seconds=options.seconds)
    p50, p99 = (found["latency_us"][name] for name in ("p50", "p99"))
    print(f"{place:<14} {options.rate:>8}/s, p50 {p50:.0f} us, p99 {p99:.0f} us", flush=True)
    return p50, p99


with servers.Postgres() as postgres, tempfile.TemporaryDirectory(prefix="lk-gateway-") as folder:
    postgres.migrated(options.bin)
    with servers.Latchkey(options.bin, folder, postgres.uri, core=measure.SERVER_CORE,
                          places=f", unix:{folder}/api.sock") as latchkey, \
            servers.epoll_floor(folder, ANSWER) as upstream, \
            start_nginx(folder, "tcp", f"127.0.0.1:{latchkey.port}", upstream) as nginx, \
            start_nginx(folder, "unix", f"unix:{folder}/api.sock", upstream) as by_socket:
        latchkey.wait_for("/readyz")
        body = seed.made_key(latchkey)
        loads.cached_answer(latchkey, loads.VERIFY_API_KEY, body)
        bearer = f"Bearer {json.loads(body)['api_key']}"
        script = pathlib.Path(folder) / "gateway.lua"
        script.write_text(f"wrk.headers['Authorization'] = '{bearer}'\n")
        cpu = {place: [] for place in PLACES}
        pace = {place: [] for place in PLACES}
        others = {"the floor": [], "by socket": []}
        asked = latchkey.metrics().get('auth_connections_accepted_total', 0)
        answer = forwarded_answer(latchkey, bearer)
        (pathlib.Path(folder) / "floor").mkdir()
        with servers.epoll_floor(pathlib.Path(folder) / "floor", answer) as floor, \
                start_nginx(folder, "beside", f"127.0.0.1:{floor.port}", upstream) as beside:
            for n in range(options.rounds):
                for name, place in (("the floor", (beside, floor)), ("by socket", (by_socket, latchkey))):
                    others[name].append(round_of_cpu(*place, PLACES[1], script, name)[1])
                for place in PLACES[:: -1 if n % 2 else 1]:
                    cpu[place].append(round_of_cpu(nginx, latchkey, place, script))
                for place in PLACES[:: -1 if n % 2 else 1]:
                    pace[place].append(round_of_pace(nginx, place, bearer))
        connections = latchkey.metrics()["auth_connections_accepted_total"] - asked - 1

for place in PLACES:
    for name, costs in zip(("nginx", "Latchkey"), zip(*cpu[place])):
        print(f"{place:<14} CPU us/request of {name:<8} {measure.spread(costs)}")
for name, costs in others.items():
    print(f"/protected/x   CPU us/request, {name}: {measure.spread(costs)}")
to_floor = measure.ratios([cost[1] for cost in cpu["/protected/x"]], others["the floor"])
print(f"against the floor: {measure.spread(to_floor)}")
for n, name in enumerate(("p50", "p99")):
    added = [protected[n] - unprotected[n] for protected, unprotected in zip(pace["/protected/x"], pace["/open/x"])]
    print(f"{name} is later by us: {measure.spread(added)}")
print(f"nginx made {connections:.0f} connections to Latchkey")
median = statistics.median(to_floor)
measure.verdict(median <= options.limit,
                f"a protected request costs Latchkey {median:.3f} x the floor in its place (at most {options.limit:g})")
