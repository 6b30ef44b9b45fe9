"""What one program brings to the process that runs it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.types import ASGIApp

Check = Callable[[], Awaitable[str | None]]
"""Says in a sentence what keeps the program from working, or `None`."""

ErrorPage = Callable[[Request, int], Response]
"""Makes a page for people out of an HTTP status."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program's routes, what it starts and stops, and how one sees that it works."""

    name: str

    routers: Sequence[APIRouter]

    lifespan: Callable[[], AbstractAsyncContextManager[None]]
    """Starts everything that the program needs, and stops it at the end."""

    checks: Mapping[str, Check]
    """What must be true for the program to be ready, by short name."""

    serves_without: frozenset[str] = frozenset()
    """Checks without which the program still answers better than whoever stands before it
    would: they are told, but once all have passed they do not take it out of service."""

    hot_routes: Mapping[tuple[str, str], ASGIApp] = field(default_factory=dict)
    """Method and path of requests that go straight to an ASGI callable, past the framework."""

    static: Mapping[str, Path] = field(default_factory=dict)
    """Folders of files to serve, by URL path."""

    error_page: ErrorPage | None = None
    """Answers people (browsers that ask for HTML) when something is not found."""
