"""One question to a contender, as a plain client asks it: over HOST:PORT or unix:PATH."""

import http.client
import json
import socket


class Client(http.client.HTTPConnection):
    def __init__(self, to):
        super().__init__("localhost", timeout=10)
        self.to = to

    def connect(self):
        if self.to.startswith("unix:"):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(self.timeout)
            self.sock.connect(self.to[5:])
        else:
            host, port = self.to.split(":")
            self.sock = socket.create_connection((host, int(port)), timeout=self.timeout)

    def ask(self, path, body, headers=None):
        """(status, text)"""
        text = body if isinstance(body, str) else json.dumps(body)
        self.request("POST", path, text, {"Content-Type": "application/json", **(headers or {})})
        answer = self.getresponse()
        return answer.status, answer.read().decode()
