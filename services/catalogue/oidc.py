"""The sign-in service as we are its client: OpenID Connect, code flow with PKCE.

What it says of somebody is believed only after every check that the standard asks for
(OpenID Connect Core 1.0, 3.1.3.7). Who they are to Arvio is decided elsewhere.
"""

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

import httpx
from authlib.deprecate import AuthlibDeprecationWarning
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from pydantic import TypeAdapter, ValidationError

from services.catalogue.domain.id_tokens import Expected, checked
from services.catalogue.domain.identities import Identity, as_told
from services.catalogue.domain.providers import Description, described
from services.catalogue.errors import SignInRefusedError, SignInUnavailableError
from services.catalogue.settings import IdentitySettings
from shared import logs

with warnings.catch_warnings():
    # It would rather have a successor of httpx, and works with httpx.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.base_client import OAuthError
    from authlib.integrations.httpx_client import AsyncOAuth2Client

_log = logs.logger(__name__)

_KEEP_SECONDS = 3_600.0
# Keys are asked for again when one is unknown, but not for every token that somebody makes up.
_PAUSE_SECONDS = 10.0

_OBJECT = TypeAdapter(dict[str, Any])


@dataclass(frozen=True)
class Secrets:
    """What one sign-in, and no other, knows from its beginning to its end."""

    state: str
    nonce: str
    verifier: str


class SignInService:
    """One provider of OpenID Connect; its description and its keys are kept for an hour."""

    def __init__(
        self,
        settings: IdentitySettings,
        *,
        callback_url: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._callback_url = callback_url
        self._clock = clock
        # Reading the authorities' certificates takes longer than all the rest.
        self._tls = httpx.create_ssl_context()
        self._description: tuple[float, Description] | None = None
        self._keys: tuple[float, KeySet] | None = None

    @property
    def issuer(self) -> str:
        """Its address, as it calls itself."""
        return self._settings.issuer

    async def address(self, secrets: Secrets, language: str) -> str:
        """Return where somebody's browser goes to sign in. Raises `SignInUnavailableError`."""
        description = await self._described()
        async with self._client(description) as client:
            address, _ = client.create_authorization_url(
                description.authorization_endpoint,
                state=secrets.state,
                code_verifier=secrets.verifier,
                nonce=secrets.nonce,
                ui_locales=language,
            )
        return str(address)

    async def identity(self, code: str, secrets: Secrets) -> Identity:
        """Return who has signed in, by the code that the browser has brought back.

        Raises `SignInRefusedError` for what can't be believed, `SignInUnavailableError`.
        """
        description = await self._described()
        token = await self._token(description, code, secrets)
        claims = await self._believed(description, str(token.get("id_token")), secrets.nonce)
        if self._settings.name_claim not in claims and description.userinfo_endpoint:
            claims = {**await self._userinfo(description, token, claims["sub"]), **claims}
        try:
            return as_told(
                claims,
                issuer=self.issuer,
                name_claim=self._settings.name_claim,
                email_claim=self._settings.email_claim,
            )
        except ValueError as error:
            raise _refused(_sentence(error)) from error

    async def sign_out_address(self, return_url: str) -> str | None:
        """Return where somebody signs out of the service, too; `None` where that can't be done.

        Raises `SignInUnavailableError`.
        """
        endpoint = (await self._described()).end_session_endpoint
        if endpoint is None:
            return None
        query = urlencode(
            {"client_id": self._settings.client_id, "post_logout_redirect_uri": return_url}
        )
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    async def _described(self) -> Description:
        held = self._description
        if held is not None and self._clock() - held[0] < _KEEP_SECONDS:
            return held[1]
        address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found = self._read(await self._fetch(address))
        except SignInUnavailableError:
            if held is not None:
                # What it said an hour ago is more likely to help than nothing.
                return held[1]
            raise
        self._description = (self._clock(), found)
        return found

    def _read(self, body: bytes) -> Description:
        try:
            return described(body, self.issuer)
        except ValueError as error:
            raise _unavailable(_sentence(error)) from error

    async def _key_set(self, description: Description, *, anew: bool = False) -> KeySet:
        held = self._keys
        keep = _PAUSE_SECONDS if anew else _KEEP_SECONDS
        if held is not None and self._clock() - held[0] < keep:
            return held[1]
        body = await self._fetch(description.jwks_uri)
        try:
            keys = KeySet.import_key_set(cast("KeySetSerialization", _OBJECT.validate_json(body)))
        except (JoseError, ValueError, KeyError, TypeError) as error:
            message = "its keys can't be read"
            raise _unavailable(message) from error
        self._keys = (self._clock(), keys)
        return keys

    async def _token(
        self, description: Description, code: str, secrets: Secrets
    ) -> Mapping[str, Any]:
        async with self._client(description) as client:
            try:
                token: Mapping[str, Any] = await client.fetch_token(
                    description.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=secrets.verifier,
                )
            except OAuthError as error:
                message = f"it does not take the code: {error.error}"
                raise _refused(message) from error
            except (httpx.HTTPError, ValueError) as error:
                raise _unavailable(_sentence(error)) from error
        return token

    async def _believed(
        self, description: Description, id_token: str, nonce: str
    ) -> dict[str, Any]:
        expected = Expected(self.issuer, self._settings.client_id, nonce)
        keys = await self._key_set(description)
        try:
            return checked(id_token, keys, expected)
        except (InvalidKeyIdError, BadSignatureError):
            # It may have changed its keys since we asked for them.
            keys = await self._key_set(description, anew=True)
        except (JoseError, ValueError) as error:
            raise _refused(_sentence(error)) from error
        try:
            return checked(id_token, keys, expected)
        except (JoseError, ValueError) as error:
            raise _refused(_sentence(error)) from error

    async def _userinfo(
        self, description: Description, token: Mapping[str, Any], subject: str
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token.get('access_token')}"}
        body = await self._fetch(str(description.userinfo_endpoint), headers)
        try:
            claims = _OBJECT.validate_json(body)
        except ValidationError as error:
            message = "what it says of somebody can't be read"
            raise _unavailable(message) from error
        if claims.get("sub") != subject:
            message = "it speaks of somebody else"
            raise _refused(message)
        return claims

    async def _fetch(self, address: str, headers: Mapping[str, str] | None = None) -> bytes:
        try:
            async with httpx.AsyncClient(
                verify=self._tls, timeout=self._settings.timeout_seconds
            ) as client:
                answer = await client.get(address, headers=headers)
                return answer.raise_for_status().content
        except httpx.HTTPError as error:
            raise _unavailable(_sentence(error)) from error

    def _client(self, description: Description) -> AsyncOAuth2Client:
        secret = self._settings.client_secret
        clear = secret.get_secret_value() if secret is not None else ""
        offered = description.token_endpoint_auth_methods_supported
        method = "client_secret_post" if "client_secret_basic" not in offered else None
        return AsyncOAuth2Client(
            self._settings.client_id,
            clear or None,
            token_endpoint_auth_method=method if clear else "none",
            scope=self._settings.scopes,
            redirect_uri=self._callback_url,
            code_challenge_method="S256",
            verify=self._tls,
            timeout=self._settings.timeout_seconds,
        )


def _sentence(error: Exception) -> str:
    return str(error) or type(error).__name__


def _unavailable(reason: str) -> SignInUnavailableError:
    _log.warning("sign_in_unavailable", reason=reason)
    return SignInUnavailableError("the sign-in service does not answer as it should")


def _refused(reason: str) -> SignInRefusedError:
    _log.warning("sign_in_refused", reason=reason)
    return SignInRefusedError("what the sign-in service says can't be believed")
