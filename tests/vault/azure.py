"""A key vault under its own name, and the identity of a job: what a machine in Azure would see."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import trustme
from pytest_httpserver import HTTPServer

TOKEN = "T0KEN-of-the-job"  # noqa: S105


class _Tunnel(socketserver.StreamRequestHandler):
    """Joins whoever asks for the vault to the server in its place, and nobody else to anything."""

    server: "_Proxy"

    def handle(self) -> None:
        asked = self.rfile.readline().split()
        while self.rfile.readline().strip():
            pass
        if asked[:2] != [b"CONNECT", f"{self.server.name}:443".encode()]:
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        with socket.create_connection(("localhost", self.server.port)) as other:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            there = threading.Thread(target=_copy, args=(self.connection, other))
            there.start()
            _copy(other, self.connection)
            there.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the other side has gone


class _Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, name: str, port: int) -> None:
        super().__init__(("localhost", 0), _Tunnel)
        self.name = name
        self.port = port


@contextmanager
def key_vault(
    name: str, authority: trustme.CA, folder: Path, secrets: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    """Give the environment of a process that finds the vault, and an identity that may read it.

    Args:
        name: of the vault.
        authority: issues the vault's certificate.
        folder: where the authority's certificate is written.
        secrets: what the vault holds.
    """
    host = f"{name}.vault.azure.net"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    trusted = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(trusted))
    with (
        HTTPServer(ssl_context=context) as vault,
        HTTPServer() as identity,
        _Proxy(host, vault.port) as proxy,
    ):
        identity.expect_request(
            "/msi",
            query_string={"api-version": "2017-09-01", "resource": "https://vault.azure.net"},
        ).respond_with_json({"access_token": TOKEN, "expires_on": "4102444800"})
        for secret, value in secrets.items():
            vault.expect_request(
                f"/secrets/{secret}", headers={"Authorization": f"Bearer {TOKEN}"}
            ).respond_with_json({"value": value})
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        try:
            yield {
                "HTTPS_PROXY": f"http://localhost:{proxy.server_address[1]}",
                "NO_PROXY": "localhost",
                "REQUESTS_CA_BUNDLE": str(trusted),
                "SSL_CERT_FILE": str(trusted),
                # As in a job of Azure ML, whose identity is asked at an address of its machine.
                "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
                "MSI_ENDPOINT": identity.url_for("/msi"),
                "MSI_SECRET": "of-the-machine",
            }
        finally:
            proxy.shutdown()
