"""The floor: a raw epoll loop that sends the same bytes for every request (epoll_floor.c), over TCP or over a unix
socket."""

import measure
import servers
from peers import questions
from peers.peer import Peer


class Constant(Peer):
    """A contender with one answer: these bytes, which should be Latchkey's for a hit. It is asked what Latchkey is
    asked."""

    kinds = remembers = questions.KINDS

    def __init__(self, answer, core=None):
        super().__init__(core)
        self.answer = answer
        self.answer_bytes = len(answer)

    def request(self, kind, count=1000, first=1):
        """The same bytes as for Latchkey, except that the answer cannot fit the drawn number."""
        request = questions.request("api_key_hit" if kind.startswith("token") else kind, count, first)
        body = self.answer.decode().split("\r\n\r\n", 1)[1]
        request["expect"] = {"status": 200, "starts": body[:14], "contains": [body[14:]]}
        return request


class Floor(Constant):
    def __init__(self, answer, unix=False, core=None):
        super().__init__(answer, core)
        self.unix = unix
        self.name = "epoll floor over a unix socket" if unix else "epoll floor"

    def begin(self):
        (self.folder / "answer").write_bytes(self.answer)
        place = f"unix:{self.folder}/floor.sock" if self.unix else str(servers.free_port())
        self.to = place if self.unix else f"127.0.0.1:{place}"
        self.spawn(measure.helper("epoll_floor"), place, self.folder / "answer")
