"""PTV's Open API as a polite client sees it: one call at a time, patience, no half answers.

Version 11: https://api.palvelutietovaranto.suomi.fi/api/v11/. Lists of ids come in pages, whole
entries a hundred at a time. Another version gets an adapter in `domain`, and a module of its
own beside this one if its calls differ.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from types import TracebackType
from typing import Self
from uuid import UUID

import httpx
import orjson

from services.catalogue.domain import raw
from services.catalogue.errors import PtvRefusedError, PtvUnavailableError
from services.catalogue.settings import PtvSettings
from shared import logs
from shared.metrics import arvio_version

ENTRIES_AT_ONCE = 100
"""Most ids that PTV takes in one call for whole entries."""

_MAX_ANSWER_BYTES = 64 * 1024 * 1024
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
_PASSING = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)

_log = logs.logger(__name__)


class Kind(StrEnum):
    """What PTV keeps, by the name that its paths have for it."""

    ORGANIZATION = "Organization"
    SERVICE = "Service"
    CHANNEL = "ServiceChannel"


class Status(StrEnum):
    """What PTV may be asked for; nothing else is public."""

    PUBLISHED = "Published"
    ARCHIVED = "Archived"
    WITHDRAWN = "Withdrawn"


class _HalfAnswerError(Exception):
    """What came is no answer: cut off, too large, or no JSON."""


class PtvApi:
    """Calls of one PTV, each tried again while trying may help."""

    def __init__(
        self,
        settings: PtvSettings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        self._clock = clock
        self._http = httpx.Client(
            base_url=settings.base_url.rstrip("/") + "/",
            timeout=settings.timeout_seconds,
            headers={"User-Agent": f"Arvio/{arvio_version()} {settings.contact}".strip()},
        )

    def __enter__(self) -> Self:
        """Return itself; connections are made when they are needed."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._http.close()

    def ids(
        self, kind: Kind, status: Status = Status.PUBLISHED, since: datetime | None = None
    ) -> Iterator[list[UUID]]:
        """Yield the ids of all entries, or of those modified since, page by page.

        Raises `PtvUnavailableError` when PTV stays away for longer than the patience that
        is set, `PtvRefusedError` when it answers what is no page.
        """
        number, count = 1, 1
        while number <= count:
            asked = {"page": str(number), "status": status.value}
            if since is not None:
                asked["date"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
            page = self._get(kind.value, asked)
            if not isinstance(page, dict) or not isinstance(page.get("pageCount"), int):
                message = f"{kind}?page={number}: PTV's answer is no page"
                raise PtvRefusedError(message)
            # Pages are counted anew each time: entries come and go meanwhile.
            count = page["pageCount"]
            yield [
                found
                for item in raw.objects(page.get("itemList"))
                if (found := raw.uuid(item.get("id")))
            ]
            number += 1

    def entries(self, kind: Kind, ids: Sequence[UUID]) -> list[object]:
        """Return whole entries, at most `ENTRIES_AT_ONCE`; PTV leaves out what is not public.

        Raises as `ids` does.
        """
        answer = self._get(f"{kind}/list", {"guids": ",".join(map(str, ids))})
        items = answer.get("itemList") if isinstance(answer, dict) else answer
        if not isinstance(items, list):
            message = f"{kind}/list: PTV's answer is no list"
            raise PtvRefusedError(message)
        return items

    def _get(self, path: str, asked: Mapping[str, str]) -> object:
        deadline = self._clock() + self._settings.patience_seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            wait = pause
            try:
                status, headers, body = self._call(path, asked)
            except (httpx.TransportError, _HalfAnswerError) as error:
                why = f"{type(error).__name__}: {error}"
            else:
                if status == HTTPStatus.OK:
                    try:
                        return orjson.loads(body)
                    except orjson.JSONDecodeError as error:
                        why = f"no JSON: {error}"
                elif status not in _PASSING:
                    message = f"PTV answers {status} to {path}"
                    raise PtvRefusedError(message)
                else:
                    why = str(status)
                    wait = max(pause, _retry_after(headers))
            if self._clock() + wait > deadline:
                message = (
                    f"PTV can't be read for {self._settings.patience_seconds:g} s: {path}: {why}"
                )
                raise PtvUnavailableError(message)
            _log.warning("ptv_waited_for", path=path, why=why, seconds=wait)
            self._sleep(wait)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _call(self, path: str, asked: Mapping[str, str]) -> tuple[int, httpx.Headers, bytes]:
        """Return one whole answer, after the pause that is between any two calls."""
        self._sleep(self._settings.pause_seconds)
        with self._http.stream("GET", path, params=asked) as answer:
            body = bytearray()
            for part in answer.iter_bytes():
                body += part
                if len(body) > _MAX_ANSWER_BYTES:
                    message = f"more than {_MAX_ANSWER_BYTES} bytes"
                    raise _HalfAnswerError(message)
            return answer.status_code, answer.headers, bytes(body)


def _retry_after(headers: httpx.Headers) -> float:
    """Return the seconds for which PTV asks us to wait: a number, or a date (RFC 9110)."""
    text = headers.get("Retry-After", "")
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0
