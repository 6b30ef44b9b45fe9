"""Null handlers on the server that Arvio uses: what the best possible handler would reach.

`python -m tests.bench.servers raw|fastapi`, with `ARVIO_HTTP__PORT`.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvloop
from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from shared.http import Application, Program, create_application, serve
from shared.settings import ArvioSettings

BODY = b'{"rating_id":"00000000-0000-4000-8000-000000000000","status":"accepted"}'


async def null(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body, no further than it was said to go, and say 202."""
    left = next(int(value) for name, value in scope["headers"] if name == b"content-length")
    while left > 0:
        left -= len((await receive())["body"])
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
    await send({"type": "http.response.start", "status": 202, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})


class Bare(Application):
    """The server alone: no framework, no trace ids, no counting of what is under way."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer every POST with nothing done; the rest (health) as always."""
        if scope["type"] == "http" and scope["method"] == "POST":
            await null(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


@asynccontextmanager
async def _nothing() -> AsyncIterator[None]:
    yield


def null_application(kind: str) -> Application:
    """Return an application whose `POST /v1/ratings` does nothing: `raw` or `fastapi`."""
    router = APIRouter()

    @router.post("/v1/ratings")
    async def post_rating(request: Request) -> Response:
        await request.body()
        return Response(BODY, 202, media_type="application/json")

    program = Program(name=f"null_{kind}", routers=[router], lifespan=_nothing, checks={})
    return Bare((program,)) if kind == "raw" else create_application(program)


if __name__ == "__main__":
    uvloop.run(serve(null_application(sys.argv[1]), ArvioSettings().http))
