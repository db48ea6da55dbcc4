"""nginx with the shipped configuration (etc/gateways/nginx), which asks Latchkey about what is protected."""

import pathlib
import shutil
import socket
import subprocess

import measure
import servers

SHIPPED = measure.SOURCE / "etc/gateways/nginx"
BODY = b'{"valid":true}'
UPSTREAM_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)
OPEN, PROTECTED = "/open/x", "/protected/x"

CONFIGURATION = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 1000000000; keepalive_timeout 75s; server_tokens off;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream upstream {{ server {upstream}; keepalive 32; keepalive_requests 1000000000; }}
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


def start(folder, name, asked, upstream):
    """asked: where Latchkey is; upstream: HOST:PORT of what is protected. A servers.Process with .to."""
    place = pathlib.Path(folder) / name
    shutil.copytree(SHIPPED, place)
    place.chmod(0o755)
    shipped = place / "latchkey-upstream.conf"
    shipped.write_text(shipped.read_text().replace("127.0.0.1:8080", asked))
    port = servers.free_port()
    config = place / "nginx.conf"
    config.write_text(CONFIGURATION.format(folder=place, port=port, upstream=upstream))
    nginx = servers.Process(["nginx", "-p", place, "-c", config], core=measure.SERVER_CORE, stderr=subprocess.DEVNULL)
    nginx.to = f"127.0.0.1:{port}"
    return nginx.listening(port)


def forwarded_answer(latchkey, bearer):
    """What nginx gets from Latchkey."""
    with socket.create_connection(("127.0.0.1", latchkey.port)) as s:
        s.sendall(
            f"GET /forward-auth?scope=devices:read HTTP/1.1\r\nHost: a\r\nAuthorization: {bearer}\r\n\r\n".encode()
        )
        return s.recv(65536)
