"""Flood limits that are fair to shared addresses, and remember no address.

An address is known by a keyed hash only, under a random key that is thrown away with
all counts after an hour. Most of a flood is kept and marked, so that the owner sees
it and a mistake can be put right; only extreme rates are turned away. Everything is
counted in this process alone: several processes are that much more patient.
"""

import hashlib
import secrets
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Hashable
from ipaddress import IPv6Address, ip_address
from typing import Generic, TypeVar
from uuid import UUID

from services.rating_capture.settings import FloodSettings
from shared.errors import TooManyRequestsError
from shared.vocabulary import Suspicion

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_HOUR_SECONDS = 3600.0
_MINUTE_SECONDS = 60.0
# A widget that doubles its pauses needs hours for so many; more are counted like new requests.
_MOST_RETRIES = 100
# An IPv6 network of this length is one household or one office.
_IPV6_PREFIX = 64


class _Bounded(OrderedDict[K, V], Generic[K, V]):
    """A table that forgets what was touched longest ago."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def put(self, key: K, value: V) -> None:
        """Keep the value, as the newest entry."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > self._size:
            self.popitem(last=False)


class Floods:
    """Counts of the present hour, and what follows from them."""

    def __init__(
        self, settings: FloodSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._begin(clock())

    def admit(self, address: str | None, request_id: UUID | None) -> None:
        """Count a request; raises `TooManyRequestsError` when its address sends too many.

        A retry with the id of a request before is not counted, within reason. No address
        means that it would tell nothing about persons: such a request is always let in.
        """
        if address is None:
            return
        self._turn()
        if request_id is not None:
            retries = self._admitted.get(request_id, _MOST_RETRIES)
            if retries < _MOST_RETRIES:
                self._admitted.put(request_id, retries + 1)
                return
        now = self._clock()
        sender = self._hash(_network(address))
        began, count = self._minutes.get(sender, (now, 0))
        if now - began >= _MINUTE_SECONDS:
            began, count = now, 0
        if count >= self._settings.max_per_minute:
            error = TooManyRequestsError("this address sends too many requests; try again later")
            error.retry_after_seconds = max(1.0, began + _MINUTE_SECONDS - now)
            raise error
        self._minutes.put(sender, (began, count + 1))
        if request_id is not None and request_id not in self._admitted:
            self._admitted.put(request_id, 0)

    def judge(
        self, address: str | None, eservice_id: UUID, rating_id: UUID, comment: str | None
    ) -> Suspicion | None:
        """Return why a rating is suspected, if it is; a retry is judged as it was before."""
        self._turn()
        if address is None and not comment:
            return self._judge_address(None, eservice_id)
        if rating_id in self._judged:
            return self._judged[rating_id]
        verdict = self._judge_address(address, eservice_id)
        if self._is_repeated(eservice_id, comment):
            verdict = verdict or Suspicion.REPEATED_COMMENT
        self._judged.put(rating_id, verdict)
        return verdict

    def _judge_address(self, address: str | None, eservice_id: UUID) -> Suspicion | None:
        # By the number, because UUID's own hash and comparison cost more than the counting.
        of_eservice = self._of_eservice.get(eservice_id.int, 0) + 1
        self._of_eservice.put(eservice_id.int, of_eservice)
        if address is None:
            return None
        sender = (self._hash(_network(address)), eservice_id)
        of_sender = self._of_sender.get(sender, 0) + 1
        self._of_sender.put(sender, of_sender)
        allowed = max(self._settings.burst_ratings, self._settings.burst_share * of_eservice)
        return Suspicion.ADDRESS_BURST if of_sender > allowed else None

    def _is_repeated(self, eservice_id: UUID, comment: str | None) -> bool:
        words = _words(comment or "")
        if len(words) < self._settings.repeated_comment_min_characters:
            return False
        key = self._hash(f"{eservice_id} {words}")
        times = self._comments.get(key, 0) + 1
        self._comments.put(key, times)
        return times > self._settings.repeated_comments

    def _turn(self) -> None:
        if self._clock() - self._began >= _HOUR_SECONDS:
            self._begin(self._clock())

    def _begin(self, now: float) -> None:
        size = self._settings.max_tracked
        self._began = now
        self._key = secrets.token_bytes(32)
        self._minutes: _Bounded[bytes, tuple[float, int]] = _Bounded(size)
        self._admitted: _Bounded[UUID, int] = _Bounded(size)
        self._judged: _Bounded[UUID, Suspicion | None] = _Bounded(size)
        self._of_sender: _Bounded[tuple[bytes, UUID], int] = _Bounded(size)
        self._of_eservice: _Bounded[int, int] = _Bounded(size)
        self._comments: _Bounded[bytes, int] = _Bounded(size)

    def _hash(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=8).digest()


def _network(address: str) -> str:
    """Return what stands for the sender: the address, or an IPv6 address's network."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        return str(int(parsed) >> (128 - _IPV6_PREFIX))
    return str(parsed)


def _words(comment: str) -> str:
    """Return the comment as it is compared: letters and digits only, in small letters."""
    folded = unicodedata.normalize("NFKC", comment).casefold()
    return "".join(character for character in folded if character.isalnum())
