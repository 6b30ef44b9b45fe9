"""Makes sure that the programs know what the catalogue has told, before visitors come."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

import httpx

from deploy.embedded.handover import Handover

_POLL_SECONDS = 0.1
_NOT_YET = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.SERVICE_UNAVAILABLE,
}

# What a call is answered while its program has not heard of the e-service or the
# key; any other answer, be it a refusal of the empty body, means that it has.
_CALLS: Sequence[tuple[str, str]] = (
    ("GET", "/v1/eservices/{eservice_id}/widget"),
    ("GET", "/v1/eservices/{eservice_id}/score"),
    ("POST", "/v1/completions"),
)


async def until_known(handover: Handover, local_url: str) -> None:
    """Return once e-services and the development key have reached every program."""
    if not handover.eservices:
        return
    headers = {"Authorization": f"Bearer {handover.api_key}"}
    async with httpx.AsyncClient(base_url=local_url, headers=headers, trust_env=False) as client:
        for method, template in _CALLS:
            path = template.format(eservice_id=handover.eservices[-1].eservice_id)
            status = await _answer(client, method, path)
            while status in _NOT_YET:
                await asyncio.sleep(_POLL_SECONDS)
                status = await _answer(client, method, path)


async def _answer(client: httpx.AsyncClient, method: str, path: str) -> int:
    try:
        return (
            await client.request(method, path, json=[] if method == "POST" else None)
        ).status_code
    except httpx.TransportError:
        return HTTPStatus.SERVICE_UNAVAILABLE
