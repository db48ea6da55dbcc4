#!/usr/bin/env python3
"""What idle keep-alive connections cost: resident memory before, and with 1,000 that have each made
a request."""

import socket
import tempfile

import measure
import servers

options = measure.arguments(__doc__, connections=1000, limit_mib=20)
REQUEST = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"

with tempfile.TemporaryDirectory() as folder:
    with servers.Latchkey(options.bin, folder) as server:
        server.wait_for("/livez")
        before = server.rss_bytes()
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(options.connections)]
        for s in idle:
            s.sendall(REQUEST)
            assert s.recv(4096).startswith(b"HTTP/1.1 200")
        after = server.rss_bytes()
        for s in idle:
            s.close()

mib = (after - before) / 1048576
print(f"resident: {before / 1048576:.1f} MiB before, {after / 1048576:.1f} MiB with {options.connections} idle connections")
measure.verdict(mib < options.limit_mib, f"{mib:.2f} MiB for {options.connections} connections, "
                f"{(after - before) / options.connections / 1024:.1f} KiB each (less than {options.limit_mib} MiB)")
