"""A network between an SDK and the server: it counts the requests, and it can lose answers on their way back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Relay(ThreadingHTTPServer):
    """Passes requests on to `target`. The answers to the first `lose` of them never arrive: the server has done its
    work, and the sender cannot know."""

    daemon_threads = True

    def __init__(self, target: str, lose: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target)
        self.lose = lose
        self.statuses: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Relay

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        onward = HTTPConnection(str(self.server.target.hostname), self.server.target.port, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        onward.request("POST", self.path, body, headers)
        answer = onward.getresponse()
        content = answer.read()
        onward.close()
        self.server.statuses.append(answer.status)
        if len(self.server.statuses) <= self.server.lose:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() in ("content-type", "retry-after"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Quiet."""


@contextmanager
def relay(target: str, *, lose: int = 0) -> Iterator[Relay]:
    """A relay that is open for the block."""
    server = Relay(target, lose)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
