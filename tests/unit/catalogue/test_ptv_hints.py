"""What PTV says of an e-service is offered to its assessors, and never said to be more."""

from typing import Any

import pytest

from services.catalogue.domain import ptv_v11
from services.catalogue.domain.documents import Document
from services.catalogue.domain.ptv_hints import hints_of
from shared.events import AccessibilityLevel, PtvHints
from tests.support.ptv_entries import channel, organization, service

ALL_DAYS = [{"dayFrom": "Monday", "dayTo": "Sunday", "from": "00:00:00", "to": "00:00:00"}]
OFFICE = [{"dayFrom": "Monday", "dayTo": "Friday", "from": "09:00:00", "to": "15:00:00"}]


def classified(level: object, **more: object) -> dict[str, Any]:
    return {"accessibilityClassificationLevel": level, "language": "fi", **more}


def hours(**more: object) -> dict[str, Any]:
    return {"serviceHourType": "DaysOfTheWeek", "validForNow": True, **more}


def read(item: dict[str, Any]) -> PtvHints:
    found = hints_of(item)
    assert found is not None
    return found


def test_an_accessibility_classification_speaks_to_two_claims() -> None:
    found = read(
        {
            "accessibilityClassification": [
                classified(
                    "PartiallyCompliant",
                    wcagLevel="LevelAA",
                    accessibilityStatementWebPage="https://asiointi.example.invalid/seloste",
                )
            ]
        }
    ).accessibility

    assert found is not None
    assert found.level is AccessibilityLevel.PARTIALLY_COMPLIANT
    assert found.wcag_level == "AA"
    assert found.statement_urls == {"fi": "https://asiointi.example.invalid/seloste"}
    assert (found.criterion_id, found.claim_ids) == ("3.1", ("3.1.1", "3.1.2"))


def test_of_several_languages_the_lowest_level_is_told() -> None:
    found = read(
        {
            "accessibilityClassification": [
                classified("FullyCompliant", wcagLevel="LevelAAA"),
                classified("NonCompliant", wcagLevel="LevelA", language="sv"),
            ]
        }
    ).accessibility

    assert found is not None
    assert (found.level, found.wcag_level) == (AccessibilityLevel.NON_COMPLIANT, "A")
    assert found.claim_ids == ("3.1.2",)


@pytest.mark.parametrize(
    "entries",
    [
        None,
        [],
        "FullyCompliant",
        [classified("Unknown", wcagLevel="LevelAA")],
        [classified(None)],
        [classified(["FullyCompliant"], wcagLevel={})],
        [classified("Unknown", accessibilityStatementWebPage="javascript:alert(1)")],
    ],
    ids=str,
)
def test_a_classification_that_says_nothing_is_no_hint(entries: object) -> None:
    assert hints_of({"accessibilityClassification": entries}) is None


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([hours(isAlwaysOpen=True)], True),
        ([hours(openingHour=ALL_DAYS)], True),
        ([hours(openingHour=[ALL_DAYS[0] | {"to": "23:59:00"}])], True),
        ([hours(openingHour=[ALL_DAYS[0] | {"to": "24:00:00"}])], True),
        ([hours(openingHour=[ALL_DAYS[0] | {"dayFrom": "Thursday", "dayTo": "Wednesday"}])], True),
        ([hours(openingHour=[ALL_DAYS[0] | {"dayTo": None}])], False),
        ([hours(openingHour=OFFICE)], False),
        ([hours(openingHour=[])], False),
        ([hours(isAlwaysOpen=True, validTo="2026-12-24T00:00:00")], False),
        ([hours(openingHour=OFFICE), hours(isAlwaysOpen=True)], True),
    ],
)
def test_usual_hours_say_whether_one_may_begin_at_any_time(
    entries: list[Any], *, expected: bool
) -> None:
    found = read({"serviceHours": entries}).always_open

    assert found is not None
    assert found.is_always_open is expected
    assert (found.criterion_id, found.claim_ids) == ("3.4", ("3.4.1",))


@pytest.mark.parametrize(
    "entries",
    [
        None,
        [],
        [None, 7],
        [hours(isClosed=True)],
        [hours(serviceHourType="Exceptional", isAlwaysOpen=True)],
    ],
    ids=str,
)
def test_exceptions_and_missing_hours_are_no_hint(entries: object) -> None:
    assert hints_of({"serviceHours": entries}) is None


@pytest.mark.parametrize("kind", ["EChannel", "WebPage", "Phone", "ServiceLocation"])
def test_only_what_is_on_the_web_has_hints(kind: str) -> None:
    item = channel("c", "s", serviceChannelType=kind, serviceHours=[hours(isAlwaysOpen=True)])
    document = Document(organizations=[organization()], services=[service("s")], channels=[item])

    snapshot = ptv_v11.read(document)

    [found] = snapshot.channels.values()
    assert (found.hints is not None) == (kind in {"EChannel", "WebPage"})
    assert all(each.hints == found.hints for each in snapshot.eservices.values())
    assert len(snapshot.eservices) == (kind == "EChannel")
