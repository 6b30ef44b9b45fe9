"""The way into the catalogue from a provider of OpenID Connect, and a browser at it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
from fastapi import Request
from pydantic import SecretStr

from services import catalogue
from services.catalogue.oidc import SignInService
from services.catalogue.pages import ManagementPages, home, invitations, sign_in
from services.catalogue.pages.attempts import Attempts
from services.catalogue.pages.sign_in import Doors
from services.catalogue.settings import IdentitySettings
from services.catalogue.storage import Store
from shared.http import Program, Sessions, create_application, serve
from shared.pages import STATIC, Pages
from shared.settings import HttpSettings, SessionSettings
from tests.support.identity_provider import IdentityProvider
from tests.support.ports import free_port
from tests.support.waiting import eventually

BASE_URL = "http://catalogue"
_SECRET = SecretStr("a secret of these tests")


@dataclass
class Door:
    """The pages, the provider, and a browser."""

    provider: IdentityProvider
    store: Store
    sessions: Sessions
    client: httpx.AsyncClient

    async def leave(self, next_path: str = "/manage") -> str:
        """Go to the provider; returns its page's address."""
        answer = await self.client.get("/sign-in/start", params={"next": next_path})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def come_back(self, location: httpx.URL) -> httpx.Response:
        """Bring along what the provider has sent."""
        assert str(location).startswith(f"{BASE_URL}/sign-in/callback?")
        return await self.client.get(location)

    async def sign_in(self, subject: str, next_path: str = "/manage") -> httpx.Response:
        """Go the whole way as somebody whom the provider knows."""
        address = await self.leave(next_path)
        return await self.come_back(await self.provider.sign_in(address, subject))

    async def csrf_token(self) -> str:
        """Return what the forms of this session carry."""
        page = await self.client.get("/manage")
        return page.text.partition('name="csrf_token" value="')[2].partition('"')[0]

    async def sign_out(self) -> httpx.Response:
        """Press the button."""
        return await self.client.post(
            "/sign-out",
            data={"csrf_token": await self.csrf_token()},
            headers={"sec-fetch-site": "same-origin"},
        )

    def session_id(self) -> UUID:
        """Return which session the browser is in."""
        cookie = f"{self.sessions.cookie}={self.client.cookies[self.sessions.cookie]}"
        request = Request({"type": "http", "headers": [(b"cookie", cookie.encode())]})
        stay = self.sessions.session_of(request)
        assert stay is not None
        return stay.session_id


def sign_in_service(
    issuer: str, *, base_url: str = BASE_URL, clock: Callable[[], float] = time.monotonic
) -> SignInService:
    """Return our side of a provider."""
    settings = IdentitySettings(issuer=issuer, client_id="arvio", client_secret=SecretStr("s"))
    return SignInService(settings, callback_url=f"{base_url}/sign-in/callback", clock=clock)


def door_program(
    store: Store,
    sessions: Sessions,
    service: SignInService | None,
    *,
    base_url: str = BASE_URL,
    has_development_sign_in: bool = False,
) -> Program:
    """Return the pages of signing in, and the one where people begin."""
    pages = Pages(Path(catalogue.__file__).parent, base_url=base_url)
    management = ManagementPages(store, sessions, pages, base_url=base_url)
    doors = Doors(
        attempts=Attempts(_SECRET, base_url=base_url),
        service=service,
        has_development_sign_in=has_development_sign_in,
        base_url=base_url,
    )
    return Program(
        name="catalogue",
        routers=[
            home.routes(management),
            invitations.routes(management),
            sign_in.routes(management, doors),
        ],
        lifespan=_nothing,
        checks={},
        static=STATIC,
    )


def sessions_of(base_url: str = BASE_URL) -> Sessions:
    """Return the sessions of an Arvio at this address."""
    return Sessions(_SECRET, SessionSettings(), base_url=base_url)


@asynccontextmanager
async def opened_door(
    store: Store,
    provider: IdentityProvider,
    service: SignInService | None,
    *,
    has_development_sign_in: bool = False,
) -> AsyncIterator[Door]:
    """Let a browser that is only a client of HTTP stand before the pages."""
    sessions = sessions_of()
    program = door_program(
        store, sessions, service, has_development_sign_in=has_development_sign_in
    )
    transport = httpx.ASGITransport(create_application(program))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        client.headers["accept-language"] = "en"
        yield Door(provider, store, sessions, client)


@asynccontextmanager
async def served_door(store: Store, provider: IdentityProvider) -> AsyncIterator[str]:
    """Serve the pages to real browsers; yields their address."""
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    service = sign_in_service(provider.issuer, base_url=base_url)
    program = door_program(store, sessions_of(base_url), service, base_url=base_url)
    stop = asyncio.Event()
    serving = asyncio.create_task(
        serve(create_application(program), HttpSettings(port=port), stop=stop)
    )
    try:
        async with httpx.AsyncClient(base_url=base_url, trust_env=False) as client:
            await eventually(lambda: client.get("/health/ready"), saying="pages are served")
        yield base_url
    finally:
        stop.set()
        await serving


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield
