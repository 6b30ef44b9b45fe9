"""Whether any process of aggregation takes facts at this moment, as the broker knows it."""

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from services.aggregation.intake import SERVICE
from services.aggregation.storage.facts import FACTS
from shared.errors import BrokerUnavailableError, ConflictError
from shared.kafka.connection import client_arguments
from shared.settings import KafkaSettings


async def check_nobody_consumes(kafka: KafkaSettings) -> None:
    """Raise `ConflictError` while aggregation runs, `BrokerUnavailableError` if nobody can say."""
    admin = AIOKafkaAdminClient(**client_arguments(kafka))
    try:
        await admin.start()
        # One by one: aiokafka misreads an answer about several.
        answers = [
            answer
            for topic in FACTS
            for answer in await admin.describe_consumer_groups([topic.group(SERVICE)])
        ]
    except (KafkaError, OSError) as error:
        message = f"Kafka can't say whether aggregation runs: {error}"
        raise BrokerUnavailableError(message) from error
    finally:
        await admin.close()
    members = sum(
        len(group["members"]) for answer in answers for group in answer.to_object()["groups"]
    )
    if members:
        message = (
            f"aggregation runs ({members} consumers): stop it first; one that was killed is "
            "forgotten after some seconds"
        )
        raise ConflictError(message)


async def find_partitions(kafka: KafkaSettings) -> dict[str, list[int]]:
    """Return the partitions of each topic of facts. Raises `BrokerUnavailableError`."""
    admin = AIOKafkaAdminClient(**client_arguments(kafka))
    try:
        await admin.start()
        described = await admin.describe_topics([topic.name for topic in FACTS])
    except (KafkaError, OSError) as error:
        message = f"Kafka can't say what it has: {error}"
        raise BrokerUnavailableError(message) from error
    finally:
        await admin.close()
    return {
        each["topic"]: sorted(one["partition"] for one in each["partitions"]) for each in described
    }
