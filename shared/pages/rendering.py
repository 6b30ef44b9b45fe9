"""Turns a template and its context into a page in the person's language."""

import hashlib
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, Undefined
from markupsafe import Markup, escape

from shared.pages.formats import HELSINKI, Formats
from shared.pages.headers import page_headers
from shared.pages.languages import LANGUAGE_NAMES, choose_language, language_of, named_language
from shared.pages.stars import star_fills
from shared.pages.translations import load_translations
from shared.vocabulary import Language, LocalisedText, text_in

_HERE = Path(__file__).parent

_MAX_PAGES_KEPT = 200

STATIC: Mapping[str, Path] = {"/static/pages": _HERE / "static"}
"""What a program with pages serves beside its own: style sheet, scripts and fonts."""


class _Missing(Undefined):
    """What a template does not find may be asked about (`if faults.stars`), but never shown."""

    __slots__ = ()

    def __str__(self) -> str:
        return self._fail_with_undefined_error()

    def __iter__(self) -> Iterator[Any]:
        return self._fail_with_undefined_error()


class Pages:
    """The pages of one program: its own `templates` and `translations` over the shared ones.

    Templates extend `layout.html`. They know `_`/`gettext`, `ngettext`, `formats`,
    `language`, `text(texts)`, `link(path, **query)` and `asset(name)`.
    """

    def __init__(self, program_folder: Path, *, base_url: str = "") -> None:
        self._environments = {
            language: _environment(program_folder, language, base_url) for language in Language
        }
        self._made: OrderedDict[Hashable, bytes] = OrderedDict()

    def language_of(self, request: Request) -> Language:
        """Return the language in which `request` is to be answered."""
        return choose_language(
            request.query_params.get("language"), request.headers.get("accept-language")
        )

    def text(self, language: Language, template: str, /, **context: Any) -> str:  # noqa: ANN401  values are the templates' own business
        """Return a rendered template that is not a whole page, such as a picture."""
        return self._environments[language].get_template(template).render(context)

    def page(
        self,
        request: Request,
        template: str,
        /,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        state: Hashable = None,
        **context: Any,  # noqa: ANN401  likewise
    ) -> Response:
        """Answer `request` with a page; with an ETag, so that an unchanged one costs little.

        Name the `state` that all of `context` follows from, and the page is made once
        for everybody who asks for the same address in the same language.
        """
        language = self.language_of(request)
        key = (template, language, request.url.path, request.url.query, state)
        body = self._made.get(key) if state is not None else None
        if body is None:
            body = self._page(request, language, template, context)
        if state is not None:
            self._made[key] = body
            self._made.move_to_end(key)
            while len(self._made) > _MAX_PAGES_KEPT:
                self._made.popitem(last=False)
        etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        all_headers = {
            **page_headers(),
            "Content-Language": language.value,
            "Vary": "Accept-Language",
            "Cache-Control": "no-cache",
            "ETag": etag,
            **(headers or {}),
        }
        if status == 200 and request.headers.get("if-none-match") == etag:  # noqa: PLR2004  OK
            return Response(status_code=304, headers=all_headers)
        return Response(body, status, all_headers, "text/html; charset=utf-8")

    def _page(
        self, request: Request, language: Language, template: str, context: Mapping[str, Any]
    ) -> bytes:
        chosen = named_language(request.query_params.get("language"))
        return self.text(
            language,
            template,
            menu=_menu(request, language),
            link=_linker(chosen),
            chosen_language=chosen,
            **context,
        ).encode()


def _environment(program_folder: Path, language: Language, base_url: str) -> Environment:
    environment = Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(program_folder / "templates"),
                FileSystemLoader(_HERE / "templates"),
            ]
        ),
        autoescape=True,
        undefined=_Missing,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    translations = load_translations(
        language, program_folder / "translations", _HERE / "translations"
    )
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(
        language=language.value,
        formats=Formats(language),
        text=_localiser(language),
        plain_text=lambda texts: text_in(texts, language),
        asset=_asset,
        star_fills=star_fills,
        helsinki=HELSINKI,
        base_url=base_url,
    )
    return environment


def _menu(request: Request, language: Language) -> list[dict[str, Any]]:
    kept = [(key, value) for key, value in request.query_params.items() if key != "language"]
    # A link that begins with two slashes would lead to another site.
    path = "/" + request.url.path.lstrip("/")
    return [
        {
            "language": option.value,
            "name": name,
            "href": f"{path}?{urlencode([*kept, ('language', option.value)])}",
            "is_current": option is language,
        }
        for option, name in LANGUAGE_NAMES.items()
    ]


def _linker(chosen: Language | None) -> Any:  # noqa: ANN401  a function for templates
    def link(path: str, **query: object) -> str:
        """Return an address of ours that keeps the language the person chose."""
        wanted = {key: value for key, value in query.items() if value not in (None, "")}
        if chosen is not None:
            wanted["language"] = chosen.value
        return f"{path}?{urlencode(wanted)}" if wanted else path

    return link


def _localiser(language: Language) -> Any:  # noqa: ANN401  likewise
    def text(texts: LocalisedText) -> Markup:
        """Return a text, marked with its language where that is not the page's."""
        spoken = language_of(texts, language)
        words = escape(text_in(texts, language))
        return (
            words
            if spoken == language
            else Markup('<span lang="{}">{}</span>').format(spoken, words)
        )

    return text


@lru_cache
def _asset(name: str) -> str:
    """Return the address of a static file; it changes when the file does."""
    path = STATIC["/static/pages"] / name
    version = hashlib.blake2b(path.read_bytes(), digest_size=6).hexdigest()
    return f"/static/pages/{name}?v={version}"
