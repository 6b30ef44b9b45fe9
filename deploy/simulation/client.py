"""Calls Arvio as a good client does: the same id on every retry, and patience."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

_RETRIED_STATUSES = frozenset({429, 502, 503, 504})
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0


class GaveUpError(Exception):
    """Arvio did not take something for longer than a client would wait."""


class Client:
    """The public HTTP API, seen from an e-service, with counts of what came of the calls."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        patience_seconds: float = 900.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.base_url = base_url
        self.counts: Counter[str] = Counter()
        """What happened since the last report, by short name."""

        self._patience_seconds = patience_seconds
        self._key = {"Authorization": f"Bearer {api_key}"}
        self._http = httpx.AsyncClient(
            base_url=base_url, timeout=30.0, trust_env=False, transport=transport
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def widget(self, eservice_id: object, language: str) -> dict[str, Any] | None:
        """Return the widget's configuration, as a browser gets it; `None` where it is closed."""
        path = f"/v1/eservices/{eservice_id}/widget"
        answer = await self._send("GET", path, params={"language": language})
        body: dict[str, Any] | None = answer.json() if answer.is_success else None
        return body

    async def complete(self, completions: Sequence[Mapping[str, Any]]) -> None:
        """Tell of completions, up to a thousand at once."""
        await self._send_batch("/v1/completions", "completions", completions)

    async def rate_many(self, ratings: Sequence[Mapping[str, Any]]) -> None:
        """Send ratings from a server, up to a thousand at once."""
        await self._send_batch("/v1/ratings/batch", "ratings", ratings)

    async def rate(self, rating: Mapping[str, Any]) -> None:
        """Send one rating, as a browser does."""
        answer = await self._send("POST", "/v1/ratings", json=dict(rating))
        if answer.status_code == httpx.codes.ACCEPTED:
            self.counts["ratings"] += 1
        else:
            self.counts["refused"] += 1

    async def show(self, shown: Mapping[str, Any]) -> None:
        """Tell that a person saw the question."""
        await self._send("POST", "/v1/questions/shown", json=dict(shown))

    async def make_token(self, eservice_id: object, end_point: str) -> str | None:
        """Return a completion token for one page, or `None` where none is to be had."""
        body = {"eservice_id": str(eservice_id), "end_point": end_point}
        answer = await self._send("POST", "/v1/completion-tokens", json=body, key=True)
        if not answer.is_success:
            return None
        token: str | None = answer.json().get("completion_token")
        return token

    async def _send(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, str] | None = None,
        key: bool = False,
    ) -> httpx.Response:
        """Send until there is an answer that a retry would not change."""
        deadline = time.monotonic() + self._patience_seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            wait = pause
            try:
                answer = await self._http.request(
                    method, path, json=json, params=params, headers=self._key if key else None
                )
            except httpx.TransportError:
                self.counts["unreachable"] += 1
            else:
                if answer.status_code not in _RETRIED_STATUSES:
                    return answer
                self.counts["told_to_wait"] += 1
                asked = _retry_after(answer)
                wait = pause if asked is None else asked
            if time.monotonic() + wait > deadline:
                message = f"{method} {path} was not taken in {self._patience_seconds} s"
                raise GaveUpError(message)
            await asyncio.sleep(wait)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _send_batch(self, path: str, what: str, items: Sequence[Mapping[str, Any]]) -> None:
        """Send items until each is kept or refused; only those to be sent again go again."""
        pause = _FIRST_PAUSE_SECONDS
        while items:
            answer = await self._send("POST", path, json=list(items), key=True)
            if not answer.is_success:
                self.counts["refused"] += len(items)
                return
            statuses = [result["status"] for result in answer.json()["results"]]
            self.counts[what] += statuses.count("accepted")
            self.counts["refused"] += statuses.count("rejected")
            items = [
                item
                for item, status in zip(items, statuses, strict=True)
                if status == "retry_later"
            ]
            if items:
                self.counts["told_to_wait"] += 1
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds of `Retry-After`; a date, which Arvio never sends, is not read."""
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdigit() else None
