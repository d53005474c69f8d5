"""A running Azurite: Microsoft's emulator of Azure Storage, over HTTPS, with keys and tokens.

It proves that addresses, requests, listing, ranges, signatures and error codes are those of the
blob protocol. It proves nothing about what Azurite leaves out: hierarchical namespaces and the
`dfs` endpoint (delta-rs asks the blob endpoint also for an `abfss` address), access control, that a
token is signed (it checks audience, issuer and time only), private endpoints, throttling.
"""

import base64
import json
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import trustme
from azure.core.credentials import AccessToken

from generator.project import ROOT
from tests.conftest import skip

PROGRAM = ROOT / "tools/azurite/node_modules/azurite/dist/src/blob/main.js"
ACCOUNT = "devstoreaccount1"
# The account and key that everybody's emulator has:
# https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass(frozen=True)
class Azurite:
    """Where it listens."""

    endpoint: str

    def storage(self) -> dict[str, str]:
        """Return options that reach it; the caller adds a key or a token."""
        return {
            "account_name": ACCOUNT,
            "endpoint": self.endpoint,
            "allow_invalid_certificates": "true",
        }

    def new_container(self) -> str:
        """Make a container, and return its name."""
        name = f"bronze-{uuid4().hex[:8]}"
        self._put(f"{name}?restype=container", b"", {})
        return name

    def upload(self, blob: str, content: bytes) -> None:
        """Write a blob, `container/path`."""
        self._put(blob, content, {"x-ms-blob-type": "BlockBlob"})

    def _put(self, path: str, content: bytes, headers: dict[str, str]) -> None:
        headers |= {"Authorization": f"Bearer {token().token}", "x-ms-version": "2023-11-03"}
        request = urllib.request.Request(  # noqa: S310
            f"{self.endpoint}/{path}", content, headers, method="PUT"
        )
        context = ssl._create_unverified_context()  # noqa: S323
        with urllib.request.urlopen(request, context=context) as response:  # noqa: S310
            assert response.status == 201


def token(lasting_s: int = 3600, audience: str = "https://storage.azure.com") -> AccessToken:
    """Make a token as Microsoft Entra ID's are, but for its signature."""
    now = int(time.time())
    claims = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{uuid4()}/",
        "iat": now - 3600,
        "nbf": now - 3600,
        "exp": now + lasting_s,
    }
    parts: list[Any] = [{"alg": "HS256", "typ": "JWT"}, claims]
    texts = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=") for p in parts]
    return AccessToken(b".".join([*texts, b"c2lnbmF0dXJl"]).decode(), now + lasting_s)


@contextmanager
def running(folder: Path) -> Iterator[Azurite]:
    """Run Azurite on a free port, its data in memory."""
    node = shutil.which("node")
    if node is None:
        skip("node is not installed, which runs Azurite")
    if not PROGRAM.is_file():
        skip("Azurite is not installed: `make azurite` fetches it")
    certificate = trustme.CA().issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    for pem in certificate.cert_chain_pems:
        pem.write_to_path(folder / "cert.pem", append=True)
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    command = [node, str(PROGRAM), "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    command += ["--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"]
    command += ["--oauth", "basic", "--cert", "cert.pem", "--key", "key.pem"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said = ""
            while "successfully listen" not in said:
                line = process.stdout.readline()
                assert line, f"Azurite ended: {said}"
                said += line
            yield Azurite(f"https://127.0.0.1:{port}/{ACCOUNT}")
        finally:
            process.terminate()
