"""A browser, a server that plays rating capture, and a page of another origin with one tag."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.widget.rating_server import RatingServer

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "services" / "rating_capture" / "static"
ESERVICE_ID = "0b54cdc4-2c0f-5a0e-9f5c-0d3c3f6f5a11"

OpenPage = Callable[..., Page]


# Playwright's synchronous interface keeps an event loop running, in which no
# asynchronous test could run: it must not outlive the tests of one file.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def static() -> Path:
    node = shutil.which("node")
    assert node, "node is missing"
    subprocess.run([node, "services/rating_capture/widget/build.mjs"], cwd=ROOT, check=True)
    return STATIC


@pytest.fixture
def arvio(static: Path) -> Iterator[RatingServer]:
    with RatingServer(static) as server:
        yield server


@pytest.fixture
def site(static: Path) -> Iterator[RatingServer]:
    """The e-service whose page carries the tag: another host, so another origin and site."""
    with RatingServer(static, host="localhost") as server:
        yield server


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def tag(arvio: RatingServer) -> str:
    return f'<script async src="{arvio.url}/widget.js" data-eservice-id="{ESERVICE_ID}"></script>'


@pytest.fixture
def open_page(site: RatingServer, page: Page) -> OpenPage:
    """Open a page of the e-service with `body`; what it tells by events is in `window.told`."""
    page.add_init_script(
        """
        window.told = [];
        for (const name of ["arvio-shown", "arvio-sent", "arvio-failed"])
          document.addEventListener(name, ({type, detail}) => told.push({type, ...detail}));
        window.violations = [];
        document.addEventListener("securitypolicyviolation", ({violatedDirective, blockedURI}) =>
          violations.push([violatedDirective, blockedURI]));
        """
    )

    def open_page(body: str, **headers: str) -> Page:
        html = (
            '<html lang="fi"><head><meta name="viewport" content="width=device-width">'
            f"<title>Hakemus</title></head><body><main><h1>Kiitos</h1>{body}</main></body></html>"
        )
        renamed = {name.replace("_", "-"): value for name, value in headers.items()}
        page.goto(site.serve_page("/done", html, renamed))
        return page

    return open_page
