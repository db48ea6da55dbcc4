"""nginx with Lua (libnginx-mod-http-lua): JSON by lua-cjson, SHA-256 by libcrypto, a shared dictionary with a TTL, and
on a miss the same PostgreSQL as Latchkey, by a prepared statement on Latchkey's own table. One worker. See lua/."""

import servers
from peers import data, place
from peers.http_client import Client
from peers.peer import Peer

CONFIGURATION = """
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 20000; }}
http {{
    access_log off; keepalive_requests 1000000000; keepalive_timeout 75s; server_tokens off;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    client_body_buffer_size 16k; client_max_body_size 16k; client_body_in_single_buffer on;
    lua_package_path "{lua}/?.lua;/usr/share/lua/5.1/?.lua;;";
    lua_shared_dict keys {bytes};
    init_by_lua_block {{ require("verify").connect_to("{socket}", "{user}", "{database}") }}
    server {{
        listen 127.0.0.1:{port};
        location = /api/v1/auth/verify-api-key {{
            default_type application/json;
            content_by_lua_block {{ require("verify").serve() }}
        }}
    }}
    server {{
        listen unix:{folder}/control.sock;
        location = /forget {{ content_by_lua_block {{ require("verify").forget() }} }}
    }}
}}
"""


class NginxLua(Peer):
    name = "nginx with Lua"
    remembers = ("api_key_hit",)
    kinds = ("api_key_hit", "api_key_miss")

    def __init__(self, postgres, core=None, cache="1024m"):
        super().__init__(core)
        self.postgres, self.cache = postgres, cache

    def begin(self):
        port = servers.free_port()
        self.to = f"127.0.0.1:{port}"
        where = place.of(self.postgres.uri)
        config = self.folder / "nginx.conf"
        config.write_text(CONFIGURATION.format(folder=self.folder, port=port, lua=data.HERE / "lua", bytes=self.cache,
                                               socket=where.socket, user=where.user, database=where.database))
        self.folder.chmod(0o755)
        self.spawn("nginx", "-p", self.folder, "-c", config)

    def forget(self):
        if Client(f"unix:{self.folder}/control.sock").ask("/forget", "")[0] != 200:
            raise SystemExit("nginx did not forget")
