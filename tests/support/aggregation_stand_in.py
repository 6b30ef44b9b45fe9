"""Stands in for aggregation's call of the last events, within the process of a test."""

from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class AggregationStandIn:
    """Answers as it is told, and keeps what it was asked."""

    said: dict[str, Any] = field(default_factory=lambda: {"events": []})
    status: int = 200
    asked: list[httpx.Request] = field(default_factory=list)

    @property
    def transport(self) -> httpx.MockTransport:
        """What a client takes instead of a connection."""
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.status == 0:
            message = "nobody is there"
            raise httpx.ConnectError(message, request=request)
        return httpx.Response(self.status, json=self.said)
