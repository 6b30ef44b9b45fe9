"""How whoever waits hears how far it has come."""

from typing import Protocol


class Progress(Protocol):
    """Hears of steps, and of how much of the present one is done."""

    def step(self, what: str, total: float | None = None) -> None:
        """Begin a step of so many units, if that is known."""

    def advance(self, units: float) -> None:
        """Note that so much more of the step is done."""

    def reach(self, done: float, total: float | None = None) -> None:
        """Note how much of the step is done by now, and how much there is in all."""


class Silent:
    """Says nothing."""

    def step(self, what: str, total: float | None = None) -> None:
        """Begin a step."""

    def advance(self, units: float) -> None:
        """Note more."""

    def reach(self, done: float, total: float | None = None) -> None:
        """Note all."""
