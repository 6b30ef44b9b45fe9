"""The completion page of one e-service, on an origin of its own, with the tag on it.

It stands for an authority's page: strict about what may run on it, and with a
completion token that the authority's server asked for.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import jinja2
from fastapi import APIRouter, Response
from starlette.responses import FileResponse, HTMLResponse

from deploy.embedded.handover import Eservice, Handover
from deploy.simulation.client import Client
from deploy.simulation.rhythm import HELSINKI
from shared.vocabulary import Language

_FOLDER = Path(__file__).parent / "demo"
_LANGUAGES = ((Language.FI, "Suomi"), (Language.SV, "Svenska"), (Language.EN, "English"))

_TEXTS: Mapping[Language, Mapping[str, str]] = {
    Language.FI: {
        "title": "Hakemus vastaanotettu",
        "thanks": "Kiitos. Hakemuksesi on nyt meillä, eikä sinun tarvitse tehdä muuta.",
        "eservice": "Asiointipalvelu",
        "reference": "Asianumero",
        "received": "Saapunut",
        "next_title": "Mitä seuraavaksi tapahtuu",
        "next": "Käsittelemme hakemuksen yleensä kahdessa viikossa ja ilmoitamme päätöksestä.",
        "languages": "Kieli",
        "made_up": "Tämä sivu on keksitty esimerkki.",
        "score": "Mitä muut ovat sanoneet tästä asiointipalvelusta",
    },
    Language.SV: {
        "title": "Ansökan har tagits emot",
        "thanks": "Tack. Vi har fått din ansökan och du behöver inte göra något mer.",
        "eservice": "E-tjänst",
        "reference": "Ärendenummer",
        "received": "Inkommen",
        "next_title": "Vad händer härnäst",
        "next": "Vi behandlar ansökan vanligen inom två veckor och meddelar beslutet.",
        "languages": "Språk",
        "made_up": "Den här sidan är ett påhittat exempel.",
        "score": "Vad andra har tyckt om den här e-tjänsten",
    },
    Language.EN: {
        "title": "Application received",
        "thanks": "Thank you. We have your application, and there is nothing more to do.",
        "eservice": "E-service",
        "reference": "Case number",
        "received": "Received",
        "next_title": "What happens next",
        "next": "We usually handle an application in two weeks and tell you our decision.",
        "languages": "Language",
        "made_up": "This page is a made-up example.",
        "score": "What others have said of this e-service",
    },
}

_MOMENT: Mapping[Language, str] = {
    Language.FI: "%-d.%-m.%Y klo %H.%M",
    Language.SV: "%-d.%-m.%Y kl. %H.%M",
    Language.EN: "%-d %B %Y at %H:%M",
}


class DemoPage:
    """Renders the page, each time for a transaction that has just been completed."""

    def __init__(self, client: Client, stack: Handover) -> None:
        self._client = client
        self._eservice: Eservice = stack.eservices[0]
        names = {each.organisation_id: each.name for each in stack.organisations}
        self._organisation_name = names.get(self._eservice.organisation_id, "")
        self._template = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_FOLDER),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        ).get_template("page.html.jinja")

    @property
    def security_policy(self) -> str:
        """What may run on the page: itself, and Arvio's widget."""
        arvio = self._client.base_url
        return (
            f"default-src 'none'; script-src {arvio}; connect-src {arvio}; "
            "style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'; require-trusted-types-for 'script'"
        )

    async def render(self, language: Language) -> str:
        """Complete one transaction and return its page."""
        now = datetime.now(UTC)
        eservice_id = self._eservice.eservice_id
        await self._client.complete(
            [
                {
                    "completion_id": str(uuid4()),
                    "eservice_id": str(eservice_id),
                    "channel": "e_service",
                    "end_point": "completed",
                    "completed_at": now.isoformat(),
                }
            ]
        )
        widget = await self._client.widget(eservice_id, language)
        token = await self._client.make_token(eservice_id, "completed")
        return self._template.render(
            base_url=self._client.base_url,
            completion_token=token,
            eservice_id=eservice_id,
            eservice_name=(widget or {}).get("name") or self._eservice.name,
            language=language.value,
            languages=[(code.value, name) for code, name in _LANGUAGES],
            organisation_name=self._organisation_name,
            received=now.astimezone(HELSINKI).strftime(_MOMENT[language]),
            reference=f"{now:%Y}/{uuid4().int % 1_000_000:06}",
            texts=_TEXTS[language],
        )


def routes(page: DemoPage) -> APIRouter:
    """Return the routes of the demo e-service."""
    router = APIRouter()

    @router.get("/", include_in_schema=False)
    async def show_page(language: Language = Language.FI) -> Response:
        return HTMLResponse(
            await page.render(language),
            headers={
                "Content-Security-Policy": page.security_policy,
                "Cache-Control": "no-store",
                "Referrer-Policy": "strict-origin-when-cross-origin",
                "X-Content-Type-Options": "nosniff",
            },
        )

    @router.get("/style.css", include_in_schema=False)
    async def show_style() -> Response:
        return FileResponse(_FOLDER / "style.css")

    return router
