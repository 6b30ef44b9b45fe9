import httpx

from shared.kafka import Publisher
from tests.support import published as make
from tests.support.publication import RunningPublication
from tests.support.waiting import eventually


async def test_what_is_on_the_topics_is_shown_after_a_restart_and_follows(
    publication: RunningPublication, publisher: Publisher
) -> None:
    organisation = make.organisation()
    eservice = make.eservice(organisation_id=organisation.organisation_id)
    for event in (organisation, eservice, make.question_set(), make.score(eservice)):
        await publisher.publish(event)

    publication.start()
    url = f"{publication.base_url}/v1/published/eservices/{eservice.eservice_id}"
    async with httpx.AsyncClient(trust_env=False) as client:
        body = (await client.get(url)).json()
        assert body["windows"]["12mo"]["ratings"] == 1234
        assert body["organisation_names"]["fi"] == organisation.names["fi"]

        await publisher.publish(eservice.model_copy(update={"is_published": False}))

        async def is_gone() -> bool:
            return (await client.get(url)).status_code == 404

        await eventually(is_gone)


def test_it_stops_when_told_to(publication: RunningPublication) -> None:
    publication.start()

    assert publication.stop() == 0
