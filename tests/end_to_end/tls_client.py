#!/usr/bin/env python3
"""A TLS client for the end-to-end tests: tls_client.py WHAT PORT FOLDER. Exit 0 if all was as it must be."""

import os
import select
import socket
import ssl
import sys
import threading

what, port, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def file(name):
    return os.path.join(folder, name)


def context(version=None, client=None):
    made = ssl.create_default_context(cafile=file("ca.pem"))
    if version:
        made.minimum_version = made.maximum_version = version
    if client:
        made.load_cert_chain(file(client + ".pem"), file(client + "-key.pem"))
    return made


def connect(made=None, window=0):
    raw = socket.socket()
    raw.settimeout(20)
    if window:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    raw.connect(("127.0.0.1", port))
    # An end without close_notify is an error here.
    return (made or context()).wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=False)


def get(path="/livez", fields=""):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode()


class Reader:
    def __init__(self, connection):
        self.connection, self.buffer = connection, b""

    def answer(self):
        """Returns head and body of the next answer; None at the end."""
        while True:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if found:
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                if len(rest) >= length:
                    self.buffer = rest[length:]
                    return head, rest[:length]
            got = self.connection.recv(65536)
            if not got:
                return None
            self.buffer += got


def byte_by_byte():
    """Sends a record for each byte, and then each record's bytes one at a time."""
    with connect() as connection:
        for byte in get():
            connection.sendall(bytes([byte]))
        assert b"200 OK" in Reader(connection).answer()[0]
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as raw:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def pump(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    for byte in outgoing.read():
                        raw.sendall(bytes([byte]))
                    incoming.write(raw.recv(7))

        pump(tls.do_handshake)
        tls.write(get())
        assert pump(lambda: tls.read(4096)).startswith(b"HTTP/1.1 200 OK")


def pipeline():
    """Sends requests until the server takes no more, and only then reads answers; then a large body."""
    count = 20000
    unsent = memoryview(b"".join(get(fields=f"X-Request-Id: n{n}\r\n") for n in range(count)))
    answered, full = 0, False
    with connect(window=16384) as connection:
        reader = Reader(connection)
        connection.setblocking(False)
        while answered < count:
            idle = True
            if unsent:
                try:
                    unsent = unsent[connection.send(unsent[:16384]):]
                    idle = False
                except ssl.SSLWantWriteError:
                    full = True
            if full or not unsent:
                try:
                    head, _ = reader.answer() or (None, None)
                    assert head, f"the end after {answered} answers, {len(unsent)} bytes unsent"
                    assert b" 200 OK" in head and f"X-Request-Id: n{answered}\r".encode() in head + b"\r", head
                    answered += 1
                    idle = False
                except ssl.SSLWantReadError:
                    pass
            if idle:
                ready = select.select([connection], [connection] if unsent else [], [], 20)
                assert any(ready), f"nothing moves after {answered} answers, {len(unsent)} bytes unsent"
        connection.setblocking(True)
        large = b'{"api_key":"' + b"k" * 65000 + b'"}'
        connection.sendall(b"POST /api/v1/auth/verify-api-key HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                           b"Content-Length: %d\r\n\r\n" % len(large) + large)
        assert b"INVALID_FORMAT" in reader.answer()[1]


def goodbye():
    """The server sends close_notify in each way to end a connection."""
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for request, status in ((get(fields="Connection: close\r\n"), b"200"), (b"nonsense\r\n\r\n", b"400")):
            with connect(context(version)) as connection:
                connection.sendall(request)
                reader = Reader(connection)
                assert status in reader.answer()[0]
                assert reader.answer() is None
    with connect() as idle:  # server.idle_timeout
        idle.sendall(get())
        reader = Reader(idle)
        assert b"200 OK" in reader.answer()[0]
        assert reader.answer() is None


def half_closed():
    """A client that sends close_notify at once still gets its answers."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as raw:
        def pump(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    raw.sendall(outgoing.read())
                    incoming.write(raw.recv(65536))

        pump(tls.do_handshake)
        tls.write(get() * 3)
        last = outgoing.read()
        # Requests and close_notify in one.
        try:
            tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        raw.sendall(last + outgoing.read())
        raw.shutdown(socket.SHUT_WR)
        got = 0
        while chunk := raw.recv(65536):
            got += len(chunk)
        # Three answers without TLS are 465 bytes.
        assert got > 465, got


def clients():
    """tls.client_certificates = "required"."""
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with connect(context(version, "gateway")) as connection:
            connection.sendall(get(fields="X-Request-Id: known\r\n"))
            assert b"200 OK" in Reader(connection).answer()[0]
        for who in (None, "stranger"):
            try:
                with connect(context(version, who)) as connection:
                    connection.sendall(get())
                    Reader(connection).answer()
                raise AssertionError(f"{who} was let in")
            except ssl.SSLError as error:
                assert "ALERT" in str(error).upper(), error


def drained():
    """Rests on a connection, writes FOLDER/idle, and gets close_notify at the end."""
    with connect() as connection:
        connection.sendall(get())
        reader = Reader(connection)
        assert b"200 OK" in reader.answer()[0]
        open(file("idle"), "w").close()
        assert reader.answer() is None


def load():
    """Uses kept and new connections while FOLDER/go is there; prints the certificates that were shown."""
    shown, failures, answered = set(), [], [0]

    def kept():
        connection = connect()
        reader = Reader(connection)
        while os.path.exists(file("go")):
            connection.sendall(get())
            assert b"200 OK" in reader.answer()[0]
            answered[0] += 1

    def fresh():
        while os.path.exists(file("go")):
            with connect() as connection:
                connection.sendall(get())
                assert b"200 OK" in Reader(connection).answer()[0]
                shown.add(dict(name[0] for name in connection.getpeercert()["subject"])["commonName"])
                answered[0] += 1

    def guarded(work):
        try:
            work()
        except Exception as error:  # any exception fails the test
            failures.append(repr(error))

    threads = [threading.Thread(target=guarded, args=(work,)) for work in (kept, kept, kept, fresh, fresh)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(" ".join(sorted(shown)), flush=True)
    assert not failures, failures
    assert answered[0] > 50, answered


{"byte_by_byte": byte_by_byte, "pipeline": pipeline, "goodbye": goodbye, "half_closed": half_closed,
 "clients": clients, "drained": drained, "load": load}[what]()
