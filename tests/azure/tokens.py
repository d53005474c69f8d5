"""Logins: tokens for a service principal and for a managed identity, without any proof."""

import base64
import json

from tests.azure.state import PRINCIPAL, TENANT
from tests.azure.wire import ArmError, Json

IDENTITY_HEADER = "proof of the managed identity"


class Tokens:
    """Gives out tokens and tells which are still good."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._oldest = 0
        self._newest = 0

    def expire(self) -> None:
        """Refuse every token that was given out so far."""
        self._oldest = self._newest + 1

    def accept_all(self) -> None:
        """Take every token again, also those that were refused."""
        self._oldest = 0

    def openid(self) -> Json:
        """Where a client finds the rest of this module."""
        base = f"{self._url}/{TENANT}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
        }

    def login(self) -> Json:
        """Answer a service principal."""
        return {"token_type": "Bearer", "expires_in": 3600, "access_token": self._token()}

    def managed_identity(self, header: str | None) -> Json:
        """Answer a managed identity, which shows the header of its environment.

        Raises:
            ArmError: it does not.
        """
        if header != IDENTITY_HEADER:
            raise ArmError(401, "Unauthorized", "X-IDENTITY-HEADER is wrong")
        return {
            "access_token": self._token(),
            "expires_on": "4102444800",
            "resource": self._url,
            "token_type": "Bearer",
        }

    def challenge(self, authorization: str | None) -> str | None:
        """Return the challenge for a request without a good token."""
        where = f'Bearer authorization_uri="{self._url}/{TENANT}"'
        if not authorization:
            return f'{where}, error="invalid_token", error_description="no token"'
        payload = authorization.removeprefix("Bearer ").split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if claims["serial"] >= self._oldest:
            return None
        # With claims a client gets itself a new token (continuous access evaluation).
        wanted = base64.b64encode(b'{"access_token":{"nbf":{"essential":true}}}').decode()
        return f'{where}, error="insufficient_claims", claims="{wanted}"'

    def _token(self) -> str:
        self._newest = max(self._newest + 1, self._oldest)
        claims = {
            "aud": self._url,
            "tid": TENANT,
            "oid": PRINCIPAL,
            "appid": PRINCIPAL,
            "serial": self._newest,
        }
        parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
        return ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in parts) + "."
