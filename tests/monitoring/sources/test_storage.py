import time
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from deltalake.exceptions import DeltaError

from monitoring.sources.errors import SourceError
from monitoring.sources.storage import SCOPE, Storage

LAKE = "abfss://bronze@lake01.dfs.core.windows.net/sensors/"


class Tokens:
    """Hands out tokens that last for some seconds, as the identity service does."""

    def __init__(self, *lasting: int) -> None:
        self.lasting = list(lasting)
        self.asked: list[str] = []

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.asked += scopes
        if not self.lasting:
            raise ClientAuthenticationError("no managed identity\nand no Azure CLI")
        return AccessToken(f"token-{len(self.asked)}", int(time.time()) + self.lasting.pop(0))


def test_a_token_is_kept_while_it_lasts_and_replaced_before_it_ends() -> None:
    tokens = Tokens(3600)
    storage = Storage(LAKE, credential=tokens)
    kept = [storage.options()["bearer_token"] for _ in range(3)]
    assert (kept, tokens.asked) == (["token-1"] * 3, [SCOPE])

    tokens = Tokens(300, 3600)
    storage = Storage(LAKE, credential=tokens)
    first = storage.filesystem()
    assert storage.filesystem() is not first
    assert storage.options()["bearer_token"] == "token-2"  # noqa: S105
    assert storage.filesystem() is storage.filesystem()


def test_an_account_key_needs_no_token() -> None:
    options = Storage(LAKE, {"account_key": "a2V5"}).options()

    assert options["account_key"] == "a2V5"
    assert "bearer_token" not in options


def test_missing_credentials_are_told_with_the_address() -> None:
    with pytest.raises(
        SourceError, match=r"no credentials .*no managed identity.* @ abfss.*az login"
    ):
        Storage(LAKE, credential=Tokens()).options()


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "s3://bucket/sensors",
        "https://lake01.blob.core.windows.net/bronze/sensors",
        "abfss://bronze/sensors",
        "abfss://BRONZE@lake01.dfs.core.windows.net/sensors",
        "abfss://bronze@lake01.example.com/sensors",
        "abfss://bronze@lake01.dfs.core.windows.net/sensors?sig=secret",
        "abfss://bronze@lake01.blob.core.windows.net/sensors",
        "file://server/share",
    ],
)
def test_an_address_of_another_form_is_refused_with_the_right_one(uri: str) -> None:
    with pytest.raises(SourceError, match="abfss://<container>@<account>"):
        Storage(uri)


def test_local_paths_may_be_written_as_file_addresses(tmp_path: Path) -> None:
    folder = tmp_path / "a b"

    assert Storage(folder.as_uri()).root == str(folder)
    assert Storage(str(folder)).root == str(folder)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FileNotFoundError("x"), "another results folder"),
        (PermissionError("x"), "storage refused the credentials"),
        (OSError("server returned 403 Forbidden: AuthorizationFailure"), "Storage Blob Data Read"),
        (OSError("connection refused"), "did not answer"),
        (
            DeltaError("Json error\n   0: start_thread"),
            "log of the Delta table cannot be read (Json",
        ),
    ],
)
def test_what_storage_said_is_explained(error: Exception, told: str) -> None:
    assert told in str(Storage(LAKE, credential=Tokens()).failure(error, "a.parquet"))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (FileNotFoundError("404 Not Found"), True),
        (OSError("the operation lacked the necessary privileges ... 403 Forbidden"), True),
        (OSError("401 Unauthorized"), False),
        (OSError("connection refused"), False),
        (OSError("503 Service Unavailable"), False),
    ],
)
def test_only_what_is_gone_or_closed_can_be_about_one_file(
    error: Exception, expected: bool
) -> None:
    assert Storage(LAKE, credential=Tokens()).is_about_path(error) is expected


def test_advice_for_a_local_path_is_not_about_networks(tmp_path: Path) -> None:
    storage = Storage(str(tmp_path))
    for error in (PermissionError("x"), OSError("walk\n \x1b[31m↳\x1b[0m Permission denied")):
        told = str(storage.failure(error))
        assert told.startswith("permission is denied (")
        assert told.endswith("make the path readable for this user")
    assert "↳" not in told
    for text in ("input/output error", "Permission denied", "x"):
        assert "network" not in str(storage.failure(OSError(text)))
