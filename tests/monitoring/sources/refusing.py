"""A service before Azurite that refuses some paths, as access control does, which Azurite lacks.

It runs in a process of its own: delta-rs holds Python's lock while it waits for an answer.
"""

import http.client
import json
import multiprocessing
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import trustme

from monitoring.files import write_atomically
from tests.monitoring.sources.azurite import ACCOUNT, Azurite


def _handler(target: str, rule: Path) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            refused, status = json.loads(rule.read_text())
            if refused in self.path:
                self._answer(status, [], b"")
                return
            context = ssl._create_unverified_context()  # noqa: S323
            service = http.client.HTTPSConnection(target, context=context)
            service.request(self.command, self.path, headers=dict(self.headers))
            answer = service.getresponse()
            self._answer(answer.status, answer.getheaders(), answer.read())

        do_HEAD = do_GET  # noqa: N815

        def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response(status)
            given = {name.lower(): value for name, value in headers}
            length = given.pop("content-length", str(len(body)))
            for name in given.keys() - {"transfer-encoding", "connection", "keep-alive"}:
                self.send_header(name, given[name])
            self.send_header("content-length", length)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    return Handler


@contextmanager
def refusing(
    azurite: Azurite, folder: Path
) -> Iterator[tuple[Azurite, Callable[[str, int], None]]]:
    """Give an address of the same data, and what makes it refuse: a part of a path, a status."""
    rule = folder / "rule.json"

    def refuse(part: str, status: int) -> None:
        write_atomically(rule, json.dumps([part, status]))

    refuse("\n", 0)
    target = urlsplit(azurite.endpoint).netloc
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(target, rule))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    process = multiprocessing.get_context("fork").Process(target=server.serve_forever, daemon=True)
    process.start()
    server.server_close()
    try:
        yield Azurite(f"https://127.0.0.1:{server.server_port}/{ACCOUNT}"), refuse
    finally:
        process.terminate()
        process.join()
