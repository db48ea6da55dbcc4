"""Latchkey with the same face as the contenders."""

import os

import servers
from peers import questions
from peers.peer import Peer


class Latchkey(Peer):
    """issuer: data.Issuer, whose tokens it accepts. unix: its address is a unix socket. more, server:
    servers.Latchkey."""

    name = "latchkey"
    kinds = remembers = questions.KINDS

    def __init__(self, binary, postgres, issuer=None, workers=1, core=None, unix=False, more="", server=""):
        super().__init__(core)
        self.binary, self.postgres, self.issuer = binary, postgres, issuer
        self.workers, self.unix, self.more, self.section = workers, unix, more, server

    def begin(self):
        key_file = self.folder / "key-encryption-key"
        with open(key_file, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write("a" * 64)
        algorithm = self.issuer.algorithm if self.issuer and self.issuer.algorithm != "HS256" else "ES256"
        more = (f'[tokens]\nalgorithm = "{algorithm}"\nkey_encryption_key_file = "{key_file}"\n' + self.more
                + (self.issuer.section() if self.issuer else ""))
        places = f", unix:{self.folder}/api.sock" if self.unix else ""
        # Its unix socket's clients may skip the cache, as those of loopback may.
        self.server = servers.Latchkey(self.binary, self.folder, self.postgres.uri, workers=self.workers,
                                       core=self.core, more=more, places=places, database_lines=servers.PATIENT,
                                       server=self.section + "trusted_unix_callers = true\n")
        self.processes.append(self.server.process)
        self.to = f"unix:{self.folder}/api.sock" if self.unix else f"127.0.0.1:{self.server.port}"
        self.server.wait_for("/readyz")
        self.wait_until(lambda: b'"kid"' in self.server.wait_for("/.well-known/jwks.json"), "it has a signing key")

    def request(self, kind, count=1000, first=1):
        """A miss is made by Cache-Control: no-cache, which is the whole path of a miss."""
        token = (self.issuer.tokens["good"], self.issuer.subject) if self.issuer else (None, None)
        if kind.startswith("token") and not self.issuer:
            return None
        headers = {"Cache-Control": "no-cache"} if kind.endswith("_miss") else None
        return questions.request(kind, count, first, *token, headers=headers)
