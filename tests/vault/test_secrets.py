"""Secrets from the environment and from a key vault, which answers over real TLS."""

import json
import logging
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from pytest_httpserver import HTTPServer
from werkzeug import Response

from generator.project import ROOT
from vault import MissingSecretError, Secrets
from vault.key_vault import KeyVault

VALUE = "a-W0RD-that-nobody-may-see"
TOKEN = "T0KEN-of-the-job"  # noqa: S105


class Identity:
    """Has a token, or none."""

    def __init__(self, token: str = TOKEN) -> None:
        self.asked: list[tuple[str, ...]] = []
        self._token = token

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.asked.append(scopes)
        if not self._token:
            raise ClientAuthenticationError("no identity here")
        return AccessToken(self._token, 4_102_444_800)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def running(authority: trustme.CA) -> Iterator[HTTPServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with HTTPServer(ssl_context=context) as server:
        yield server


@pytest.fixture
def server(
    running: HTTPServer, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[HTTPServer]:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    yield running
    running.clear()


def vault(server: HTTPServer, identity: Identity | None = None) -> KeyVault:
    return KeyVault(server.url_for("").rstrip("/"), identity or Identity())


def holds(server: HTTPServer, name: str, value: object = VALUE) -> None:
    server.expect_request(
        f"/secrets/{name}",
        query_string={"api-version": "7.4"},
        headers={"Authorization": f"Bearer {TOKEN}"},
    ).respond_with_json({"value": value, "id": f"https://vault/secrets/{name}/1"})


def problem(secrets: Secrets, *names: str) -> str:
    with pytest.raises(MissingSecretError) as caught:
        secrets.read(names)
    assert VALUE not in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


def test_a_variable_comes_before_the_vault_which_is_then_not_asked(server: HTTPServer) -> None:
    identity = Identity()
    secrets = Secrets({"MLMON_SECRET_SMTP_USER": " mlmon\n"}, vault(server, identity))

    assert secrets.read(["smtp-user"]) == ["mlmon"]
    assert server.log == []
    assert identity.asked == []


@pytest.mark.parametrize("environ", [{}, {"MLMON_SECRET_SMTP_USER": "$(smtp-user)"}])
def test_what_no_variable_has_is_read_from_the_vault_once(
    server: HTTPServer, environ: dict[str, str]
) -> None:
    holds(server, "smtp-user")
    identity = Identity()
    secrets = Secrets(environ, vault(server, identity))

    assert secrets.read(["smtp-user"]) == secrets.read(["smtp-user"]) == [VALUE]
    assert len(server.log) == 1
    assert identity.asked == [("https://vault.azure.net/.default",)]


def test_what_azure_identity_tried_is_not_printed() -> None:
    code = """
from vault import MissingSecretError, Secrets
try:
    Secrets.of({}, "kv-of-nobody").read(["pager"])
except MissingSecretError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": "", "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential"},
        capture_output=True,
        encoding="utf-8",
        check=True,
        cwd=ROOT,
    )

    assert "as Microsoft Entra gave no token" in done.stdout
    assert done.stderr == ""


def test_everything_that_is_missing_is_told_at_once(server: HTTPServer) -> None:
    holds(server, "smtp-user")
    body = {"error": {"code": "SecretNotFound", "message": "not found in this key vault"}}
    for name in ("smtp-password", "pager"):
        server.expect_request(f"/secrets/{name}").respond_with_json(body, status=404)
    secrets = Secrets({}, vault(server))

    told = problem(secrets, "smtp-user", "smtp-password", "pager")

    where = server.url_for("").rstrip("/")
    assert told == (
        f"MLMON_SECRET_SMTP_PASSWORD: not set, and {where} has no secret `smtp-password`; "
        f"MLMON_SECRET_PAGER: not set, and {where} has no secret `pager`"
    )


@pytest.mark.parametrize(
    ("status", "inner", "told"),
    [
        (403, "ForbiddenByRbac", "answers 403 ForbiddenByRbac for `pager`; give the identity"),
        (403, "ForbiddenByFirewall", "403 ForbiddenByFirewall for `pager`; give the identity"),
        (401, None, "answers 401 Unauthorized for `pager`; give the identity"),
        (403, "<script>", "answers 403 Unauthorized for `pager`"),
        (400, None, "answers 400 Unauthorized for `pager`"),
        (307, None, "answers 307"),
    ],
)
def test_a_vault_that_refuses_is_told_with_what_to_do(
    server: HTTPServer, status: int, inner: str | None, told: str
) -> None:
    code = {"code": "Unauthorized", "message": f"about {VALUE}", "innererror": {"code": inner}}
    headers = {"Location": server.url_for("/elsewhere")} if status == 307 else {}
    server.expect_request("/secrets/pager").respond_with_json(
        {"error": code}, status=status, headers=headers
    )

    assert told in problem(Secrets({}, vault(server)), "pager")
    assert [request.path for request, _ in server.log] == ["/secrets/pager"], "no redirect"


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"value": ""}', '{"value": 1}'])
def test_an_answer_without_a_value_is_no_secret(server: HTTPServer, body: str) -> None:
    server.expect_request("/secrets/pager").respond_with_data(body)

    assert "the secret `pager` of https://localhost" in problem(Secrets({}, vault(server)), "pager")


def test_a_vault_that_is_busy_for_a_moment_is_asked_again(server: HTTPServer) -> None:
    for _ in range(2):
        server.expect_ordered_request("/secrets/pager").respond_with_data(
            status=429, headers={"Retry-After": "0"}
        )
    server.expect_ordered_request("/secrets/pager").respond_with_json({"value": VALUE})

    assert Secrets({}, vault(server)).read(["pager"]) == [VALUE]


def test_a_vault_that_asks_to_come_in_an_hour_is_not_waited_for(server: HTTPServer) -> None:
    server.expect_request("/secrets/pager").respond_with_data(
        status=429, headers={"Retry-After": "3600"}
    )

    assert "answers 429" in problem(Secrets({}, vault(server)), "pager")
    assert len(server.log) == 1


def test_without_a_token_nothing_is_asked_and_no_further_secret_waits_for_one(
    server: HTTPServer,
) -> None:
    identity = Identity("")

    told = problem(Secrets({}, vault(server, identity)), "pager", "smtp-user")

    assert "Microsoft Entra gave no token; sign in with `az login`" in told
    assert len(identity.asked) == 1
    assert server.log == []


def test_a_vault_that_is_not_there_is_told(server: HTTPServer) -> None:
    with socket.socket() as closed:
        closed.bind(("localhost", 0))
        port = closed.getsockname()[1]

    told = problem(Secrets({}, KeyVault(f"https://localhost:{port}", Identity())), "pager")

    assert f"https://localhost:{port} cannot be reached (" in told


@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_a_server_whose_certificate_is_wrong_gets_no_token(
    server: HTTPServer, authority: trustme.CA, wrong: str
) -> None:
    issuer = trustme.CA() if wrong == "authority" else authority
    name = "localhost" if wrong == "authority" else "other.example"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert(name).configure_cert(context)
    with HTTPServer(ssl_context=context) as other:
        assert "cannot be reached" in problem(Secrets({}, vault(other)), "pager")
        assert other.log == []


def test_neither_a_value_nor_a_token_is_logged(
    server: HTTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    holds(server, "pager")
    server.expect_request("/secrets/closed").respond_with_handler(
        lambda _: Response(json.dumps({"error": {"message": VALUE}}), status=403)
    )
    secrets = Secrets({}, vault(server))

    secrets.read(["pager"])
    problem(secrets, "closed")

    ours = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]
    assert not [line for line in ours if VALUE in line or TOKEN in line]


def test_an_environment_without_a_vault_asks_nobody() -> None:
    assert problem(Secrets.of({}, None), "smtp-user", "pager") == (
        "MLMON_SECRET_SMTP_USER, MLMON_SECRET_PAGER: not set"
    )
