"""A real provider of OpenID Connect on a port of its own, which can be made to lie."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import flask
import httpx
import oidc_provider_mock
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry
from oidc_provider_mock import User
from werkzeug.serving import make_server

Claims = dict[str, Any]

# Reading the authorities' certificates takes longer than a sign-in.
_TLS = httpx.create_ssl_context()
Forge = Callable[[Claims], str]


@dataclass
class IdentityProvider:
    """The provider, what it knows, and what it was asked."""

    issuer: str
    storage: Any
    """What the provider itself keeps: users, codes, and the key that it signs with."""

    asked: list[str] = field(default_factory=list)
    token_requests: list[dict[str, str]] = field(default_factory=list)
    description: Callable[[Claims], Claims] = lambda claims: claims
    """Changes what it says of itself."""

    forge: Forge | None = None
    """Makes another ID token of the claims of the right one."""

    is_away: bool = False

    def forget(self) -> None:
        """Be honest and at hand again, and know nothing of what was asked before."""
        self.asked.clear()
        self.token_requests.clear()
        self.description = lambda claims: claims
        self.forge = None
        self.is_away = False

    def knows(self, subject: str, **claims: object) -> None:
        """Let somebody have an account, with what the provider says of them."""
        self.storage.store_user(User(sub=subject, claims=claims))

    def signed(self, claims: Claims, *, alg: str = "RS256", **header: str) -> str:
        """Return an ID token signed with the provider's own key."""
        registry = JWSRegistry(algorithms=[alg], strict_check_header=False)
        return jwt.encode({"alg": alg, **header}, claims, self.key, registry=registry)

    @property
    def key(self) -> RSAKey:
        """What the provider signs with."""
        return RSAKey.import_key(self.storage.jwk.as_dict(is_private=True))

    def rotate(self) -> None:
        """Let the provider sign with another key from here on."""
        self.storage.jwk = type(self.storage.jwk).generate_key(is_private=True)

    async def sign_in(self, address: str, subject: str, **form: str) -> httpx.URL:
        """Be somebody at the provider's page; returns where it sends the browser back to."""
        async with httpx.AsyncClient(verify=_TLS, trust_env=False) as client:
            page = await client.get(address)
            assert page.status_code == 200, page.text
            answer = await client.post(address, data={"sub": subject, **form})
        assert answer.status_code == 302, answer.text
        return httpx.URL(answer.headers["location"])


def challenge_of(verifier: str) -> str:
    """Return what PKCE shows of a verifier beforehand (RFC 7636, S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def claims_of(token: str) -> Claims:
    """Return what a token says, whoever has signed it."""
    body = token.split(".")[1]
    claims: Claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def unsigned(claims: Claims) -> str:
    """Return a token that nobody has signed."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join([*encoded, b""]).decode()


def other_key() -> RSAKey:
    """Return a key that is none of the provider's."""
    return RSAKey.generate_key(2048)


def curve_key() -> ECKey:
    """Return a key of another kind."""
    return ECKey.generate_key("P-256")


@contextmanager
def running_identity_provider() -> Iterator[IdentityProvider]:
    """Run a provider until the block ends."""
    app = oidc_provider_mock.app(require_nonce=True)
    with app.test_request_context("/"):
        app.preprocess_request()
        storage = flask.g.oidc_provider_mock_storage
    server = make_server("127.0.0.1", 0, app, threaded=True)
    provider = IdentityProvider(f"http://127.0.0.1:{server.server_port}", storage)
    _watch(app, provider)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


def _watch(app: flask.Flask, provider: IdentityProvider) -> None:
    def note() -> flask.Response | None:
        provider.asked.append(flask.request.path)
        if flask.request.path == "/oauth2/token":
            provider.token_requests.append(flask.request.form.to_dict())
        return flask.Response("away", 503) if provider.is_away else None

    def change(response: flask.Response) -> flask.Response:
        content = response.get_json(silent=True)
        if flask.request.path == "/.well-known/openid-configuration" and content:
            response.set_data(json.dumps(provider.description(content)))
        if flask.request.path == "/oauth2/token" and content and "id_token" in content:
            if provider.forge is not None:
                content["id_token"] = provider.forge(claims_of(content["id_token"]))
            response.set_data(json.dumps(content))
        return response

    app.before_request_funcs.setdefault(None, []).insert(0, note)
    app.after_request(change)
