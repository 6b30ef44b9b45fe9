"""Many submissions in one body: each is taken or refused by itself, and the good ones are kept."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from services.rating_capture.bodies import Item, RepeatedName, read_item
from services.rating_capture.reception import Reception
from services.rating_capture.submissions import Submission
from shared.errors import ArvioError, FieldError, InvalidInputError
from shared.events.base import Event
from shared.http.problems import problem_body, status_of

S = TypeVar("S", bound=Submission)

IdName = Literal["rating_id", "completion_id"]


async def take(
    reception: Reception,
    items: Sequence[Item],
    model: type[S],
    prepare: Callable[[S], Event],
    id_name: IdName,
    refused: Callable[[str], None],
) -> dict[str, Any]:
    """Publish what is good of the items; return the body of the answer.

    Raises `BrokerUnavailableError` if nothing could be taken because of the broker.
    """
    results: list[dict[str, Any]] = []
    facts: list[Event] = []
    places: list[int] = []
    for number, item in enumerate(items):
        # A long comment takes up to a tenth of a second to mask: others go in between.
        await asyncio.sleep(0)
        result: dict[str, Any] = {"index": number, id_name: _id_of(item, id_name)}
        try:
            fact = prepare(read_item(model, item, f"{number}."))
        except ArvioError as error:
            refused(error.code)
            result |= {"status": "rejected", "problem": _problem(error, number)}
        else:
            result[id_name] = str(fact.event_id)
            result["status"] = "accepted"
            facts.append(fact)
            places.append(number)
        results.append(result)
    failures = await reception.publish_all(facts)
    lost = [failure for failure in failures if failure is not None]
    if lost and len(lost) == len(facts):
        raise lost[0]
    for number, failure in zip(places, failures, strict=True):
        if failure is not None:
            results[number] |= {"status": "retry_later", "problem": _problem(failure, number)}
    return {"accepted": len(facts) - len(lost), "results": results}


def _id_of(item: Item, id_name: IdName) -> str | None:
    if isinstance(item, RepeatedName) or not isinstance(item, dict):
        return None
    found = item.get(id_name)
    # Whatever it is, the sender knows it again; but not at any length.
    return found[:36] if isinstance(found, str) else None


def _problem(error: ArvioError, number: int) -> dict[str, Any]:
    errors = error.errors if isinstance(error, InvalidInputError) else ()
    entries = [
        each
        if each.field.startswith(f"{number}.")
        else FieldError(f"{number}.{each.field}", each.code, each.message)
        for each in errors
    ]
    return problem_body(status_of(error), error.code, str(error), entries)
