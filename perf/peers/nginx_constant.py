"""nginx with `return 200` and the bytes of Latchkey's answer (servers.nginx)."""

import servers
from peers.floor import Constant


class NginxConstant(Constant):
    name = "nginx return 200"

    def begin(self):
        server = servers.nginx(self.folder, self.answer, core=self.core)
        self.processes.append(server.process)
        self.to = f"127.0.0.1:{server.port}"
        self.answer_bytes = server.answer_bytes
