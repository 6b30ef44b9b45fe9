import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.catalogue.domain import ptv_v11
from services.catalogue.domain.documents import Document
from services.catalogue.domain.identity import eservice_id_of
from services.catalogue.domain.snapshots import Reason, Snapshot
from services.catalogue.domain.states import state_of
from shared.vocabulary import Channel
from tests.support.ptv_entries import channel, organization, ptv_id, service

ROOT = Path(__file__).parents[3]
_NOW = datetime(2026, 11, 24, tzinfo=UTC)


def read(
    organizations: list[Any] | None = None,
    services: list[Any] | None = None,
    channels: list[Any] | None = None,
) -> Snapshot:
    return ptv_v11.read(
        Document(
            organizations=[organization()] if organizations is None else organizations,
            services=services or [],
            channels=channels or [],
        )
    )


def reasons(snapshot: Snapshot) -> list[Reason]:
    return [refusal.reason for refusal in snapshot.refusals]


def test_an_electronic_channel_of_a_service_is_an_eservice() -> None:
    snapshot = read(services=[service("s", "c")], channels=[channel("c", "s")])

    (found,) = snapshot.eservices.values()
    assert found.eservice_id == eservice_id_of(UUID(ptv_id("s")), UUID(ptv_id("c")))
    assert found.names == {"fi": "c"}
    assert found.descriptions == {"fi": "Teksti"}
    assert found.urls == {"fi": "https://asiointi.example.invalid/"}
    assert str(found.organisation_id) == ptv_id("org")
    assert snapshot.refusals == ()


def test_the_identity_of_an_eservice_never_changes() -> None:
    one = UUID("22222222-bbbb-4bbb-8bbb-000000000001")
    other = UUID("33333333-cccc-4ccc-8ccc-000000000001")

    assert eservice_id_of(one, other) == UUID("93e0109d-d2d6-5b9f-a523-20da0370a681")


@pytest.mark.parametrize(
    ("services", "channels"),
    [
        ([service("s", "c")], [channel("c")]),
        ([service("s")], [channel("c", "s")]),
        ([service("s", "c")], [channel("c", services=None)]),
        ([service("s", serviceChannels=None)], [channel("c", "s")]),
    ],
)
def test_a_connection_may_be_told_on_either_side(services: list[Any], channels: list[Any]) -> None:
    assert len(read(services=services, channels=channels).eservices) == 1


def test_a_channel_of_several_services_is_several_eservices_with_names_of_their_own() -> None:
    snapshot = read(
        services=[service("Lupa", "c"), service("Maksu", "c")],
        channels=[channel("c", "Lupa", "Maksu")],
    )

    names = sorted(one.names["fi"] for one in snapshot.eservices.values())
    assert names == ["c: Lupa", "c: Maksu"]


def test_who_is_responsible_for_the_service_answers_for_a_shared_channel() -> None:
    snapshot = read(
        organizations=[organization("a"), organization("b")],
        services=[service("s", "c", owner="b")],
        channels=[channel("c", owner="a", isVisibleForAll=True)],
    )

    (found,) = snapshot.eservices.values()
    assert str(found.organisation_id) == ptv_id("b")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("WebPage", Channel.OTHER),
        ("PrintableForm", Channel.PAPER),
        ("Phone", Channel.PHONE),
        ("ServiceLocation", Channel.VISIT),
    ],
)
def test_other_channels_are_kept_but_not_rated(kind: str, expected: Channel) -> None:
    location = {"latitude": "6700000", "longitude": "400000", "coordinateState": "Ok"}
    snapshot = read(
        services=[service("s", "c")],
        channels=[channel("c", serviceChannelType=kind, addresses=[{"streetAddress": location}])],
    )

    assert [one.channel for one in snapshot.channels.values()] == [expected]
    assert snapshot.eservices == {}
    assert snapshot.refusals == ()


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (channel("c", serviceChannelType="Hologram"), Reason.UNKNOWN_CHANNEL_TYPE),
        (channel("c", serviceChannelType=None), Reason.UNKNOWN_CHANNEL_TYPE),
        (channel("c", organizationId=None), Reason.ORGANISATION_MISSING),
        (channel("c", owner="nobody"), Reason.ORGANISATION_MISSING),
        (channel("c", serviceChannelNames=None), Reason.NO_NAME),
        (channel("c", serviceChannelNames=[{"language": "fi", "value": None}]), Reason.NO_NAME),
        (channel("c", serviceChannelNames=[{"language": None, "value": "x"}]), Reason.NO_NAME),
        (channel("c", id="12"), Reason.INVALID_ID),
        (channel("c", id=None), Reason.INVALID_ID),
        (channel("c", publishingStatus="Draft"), Reason.NOT_PUBLIC),
        (channel("c", publishingStatus="Odd"), Reason.UNKNOWN_STATUS),
        (channel("c", publishingStatus=[]), Reason.UNKNOWN_STATUS),
        (None, Reason.NOT_AN_OBJECT),
        (["c"], Reason.NOT_AN_OBJECT),
    ],
)
def test_a_bad_entry_is_refused_with_its_reason_while_the_rest_goes_in(
    entry: object, reason: Reason
) -> None:
    snapshot = read(services=[service("s", "good")], channels=[entry, channel("good", "s")])

    assert reasons(snapshot) == [reason]
    assert len(snapshot.eservices) == 1


@pytest.mark.parametrize("status", ["Deleted", "Archived", "Withdrawn"])
def test_what_the_file_says_to_be_withdrawn_is_neither_taken_nor_refused(status: str) -> None:
    snapshot = read(
        services=[service("s", "c")], channels=[channel("c", "s", publishingStatus=status)]
    )

    assert {str(one) for one in snapshot.withdrawn_channels} == {ptv_id("c")}
    assert snapshot.channels == {}
    assert snapshot.refusals == ()


def test_an_entry_without_a_status_is_public_as_plain_answers_are() -> None:
    snapshot = read(services=[service("s", "c")], channels=[channel("c", publishingStatus=None)])

    assert len(snapshot.eservices) == 1


def test_of_several_states_of_one_entry_the_one_modified_last_counts() -> None:
    snapshot = read(
        organizations=[
            organization(modified="2026-03-02T08:15:00.123457", organizationNames=_fi("newest")),
            organization(modified="2026-03-02T08:15:00.123456", organizationNames=_fi("older")),
            organization(modified="2026-03-02T10:15:00+03:00", organizationNames=_fi("zoned")),
            organization(modified="yesterday", organizationNames=_fi("unreadable")),
            organization(modified=None, organizationNames=_fi("none")),
        ]
    )

    assert [one.names["fi"] for one in snapshot.organisations.values()] == ["newest"]


def test_a_missing_language_stays_missing_and_an_unknown_one_is_left_out() -> None:
    names = [
        {"language": "sv", "value": " Mallby \n stad ", "type": "Name"},
        {"language": "xx", "value": "?", "type": "Name"},
        {"language": "en", "value": "", "type": "Name"},
        {"language": "SMS", "value": "Sääm", "type": "Name"},
    ]
    snapshot = read(organizations=[organization(organizationNames=names)])

    (found,) = snapshot.organisations.values()
    assert found.names == {"sv": "Mallby stad", "sms": "Sääm"}


def test_the_name_to_show_may_be_the_alternative_one() -> None:
    names = [
        {"language": "fi", "value": "Digi- ja väestötietovirasto", "type": "Name"},
        {"language": "fi", "value": "DVV", "type": "AlternativeName"},
    ]
    shown = [{"type": "AlternativeName", "language": "fi"}]
    snapshot = read(organizations=[organization(organizationNames=names, displayNameType=shown)])

    (found,) = snapshot.organisations.values()
    assert found.names == {"fi": "DVV"}


def test_names_are_kept_in_all_six_languages_of_ptv() -> None:
    names = {language: f"Name {language}" for language in ("fi", "sv", "en", "se", "smn", "sms")}
    entries = [
        {"language": language, "value": value, "type": "Name"} for language, value in names.items()
    ]

    snapshot = read(
        [organization(organizationNames=entries)],
        [service("s", "c")],
        [channel("c", serviceChannelNames=entries)],
    )

    (organisation,) = snapshot.organisations.values()
    (eservice,) = snapshot.eservices.values()
    assert organisation.names == names
    assert eservice.names == names


def test_organisations_keep_their_hierarchy_even_where_a_parent_is_missing() -> None:
    snapshot = read(
        [
            organization("city", parentOrganizationId=None),
            organization("department", parentOrganizationId=ptv_id("city")),
            organization("office", parentOrganizationId=ptv_id("department")),
            organization("stray", parentOrganizationId=ptv_id("nobody")),
        ]
    )

    parents = {
        str(one.organisation_id): str(one.parent_organisation_id)
        for one in snapshot.organisations.values()
        if one.parent_organisation_id
    }
    assert parents == {
        ptv_id("department"): ptv_id("city"),
        ptv_id("office"): ptv_id("department"),
        ptv_id("stray"): ptv_id("nobody"),
    }
    assert snapshot.refusals == ()


@pytest.mark.parametrize(
    "later",
    [
        "2026-03-02T08:15:01",
        "2026-03-02T08:15:00.000001",
        "2026-03-02T08:15:00.0000017",
        "2026-03-02T08:15:00.022Z",
        "2026-03-02T10:15:01+02:00",
        "2026-03-03",
    ],
)
@pytest.mark.parametrize("earlier", ["2026-03-02T08:15:00", None, "", "0001-01-01T00:00:00", 7])
def test_dates_as_ptv_writes_them_tell_which_state_is_the_last(
    later: str, earlier: object
) -> None:
    snapshot = read(
        [
            organization(modified=later, organizationNames=_fi("newer")),
            organization(modified=earlier, organizationNames=_fi("older")),
        ]
    )

    (found,) = snapshot.organisations.values()
    assert found.names == {"fi": "newer"}


def test_a_printable_form_is_where_its_own_field_says() -> None:
    form = channel(
        "c",
        serviceChannelType="PrintableForm",
        webPages=[],
        channelUrls=[
            {"language": "fi", "value": "https://www.example.invalid/a.pdf", "type": "PDF"}
        ],
    )

    snapshot = read(channels=[form])

    assert [one.urls for one in snapshot.channels.values()] == [
        {"fi": "https://www.example.invalid/a.pdf"}
    ]


def test_a_refused_entry_is_told_with_its_names_and_its_owner() -> None:
    snapshot = read(
        services=[service("draft", publishingStatus="Draft")],
        channels=[channel("c", serviceChannelType="Hologram")],
    )

    assert [(one.names, str(one.organisation_id)) for one in snapshot.refusals] == [
        ({"fi": "draft"}, ptv_id("org")),
        ({"fi": "c"}, ptv_id("org")),
    ]


def test_files_that_lack_a_part_of_an_eservice_say_so() -> None:
    lacks_service = read(channels=[channel("c", "s")])
    lacks_channel = read(services=[service("s", "c")])

    assert reasons(lacks_service) == [Reason.SERVICE_MISSING]
    assert reasons(lacks_channel) == [Reason.CHANNEL_MISSING]


def test_an_address_that_no_browser_opens_is_left_out() -> None:
    pages = [
        {"url": "javascript:alert(1)", "language": "fi"},
        {"url": "https://[", "language": "sv"},
        {"url": None, "language": "en"},
    ]
    snapshot = read(services=[service("s", "c")], channels=[channel("c", webPages=pages)])

    assert [one.urls for one in snapshot.eservices.values()] == [{}]


def test_the_made_up_data_of_the_simulation_goes_in_whole() -> None:
    data = json.loads((ROOT / "deploy/simulation/ptv.json").read_text(encoding="utf-8"))

    snapshot = read(data["organizations"], data["services"], data["serviceChannels"])

    assert snapshot.refusals == ()
    assert len(snapshot.eservices) >= 12


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
PATHS = st.sampled_from(
    [
        ("id",),
        ("publishingStatus",),
        ("modified",),
        ("organizationNames", 0, "value"),
        ("serviceNames",),
        ("serviceNames", 0),
        ("serviceChannelNames", 0, "language"),
        ("serviceChannelNames", 0, "type"),
        ("serviceDescriptions", 0, "value"),
        ("serviceChannels", 0, "serviceChannel"),
        ("serviceChannels", 0, "serviceChannel", "id"),
        ("organizations", 0, "organization"),
        ("organizations", 0, "roleType"),
        ("services", 0, "service", "id"),
        ("webPages", 0, "url"),
        ("webPages",),
        ("channelUrls",),
        ("serviceHours",),
        ("serviceHours", 0, "openingHour"),
        ("serviceHours", 0, "openingHour", 0, "from"),
        ("accessibilityClassification",),
        ("accessibilityClassification", 0, "wcagLevel"),
        ("displayNameType",),
        ("serviceChannelType",),
        ("organizationId",),
        ("parentOrganizationId",),
        ("businessCode",),
    ]
)


def mangled(entry: dict[str, Any], path: tuple[Any, ...], value: object) -> object:
    copy = json.loads(json.dumps(entry))
    place: Any = copy
    try:
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
    except (KeyError, IndexError, TypeError):
        copy[str(path[0])] = value
    return copy


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["organization", "service", "channel"]), PATHS, JSON, st.booleans())
def test_whatever_is_in_a_file_nothing_raises_and_what_is_lost_has_a_reason(
    kind: str,
    path: tuple[Any, ...],
    value: object,
    is_whole_entry: bool,  # noqa: FBT001  hypothesis gives it
) -> None:
    entries: dict[str, Any] = {
        "organization": organization(),
        "service": service("s", "c"),
        "channel": channel(
            "c",
            "s",
            serviceHours=[
                {
                    "serviceHourType": "DaysOfTheWeek",
                    "openingHour": [{"dayFrom": "Monday", "from": "08:00:00", "to": "16:00:00"}],
                }
            ],
            accessibilityClassification=[
                {"accessibilityClassificationLevel": "FullyCompliant", "wcagLevel": "LevelAA"}
            ],
        ),
    }
    entries[kind] = value if is_whole_entry else mangled(entries[kind], path, value)

    snapshot = read([entries["organization"]], [entries["service"]], [entries["channel"]])

    went_in = (snapshot.organisations, snapshot.channels, snapshot.eservices)
    is_told = snapshot.refusals or any(
        (
            snapshot.withdrawn_organisations,
            snapshot.withdrawn_channels,
            snapshot.withdrawn_services,
        )
    )
    is_other_channel = any(
        one.channel is not Channel.E_SERVICE for one in snapshot.channels.values()
    )
    assert all(went_in) or is_told or is_other_channel
    for group in went_in:
        for record in group.values():
            event = state_of(record, _NOW)
            assert event is None or type(event).decode(event.encode()) == event


def _fi(name: str) -> list[dict[str, str]]:
    return [{"language": "fi", "value": name, "type": "Name"}]
