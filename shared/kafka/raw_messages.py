"""Keeps FastStream from reading what only its consumer knows how to read."""

from typing import Any, TypeAlias

from aiokafka import ConsumerRecord

Record: TypeAlias = ConsumerRecord[bytes | None, bytes | None]


async def parse_without_reading(records: Any, parse: Any) -> Any:  # noqa: ANN401  FastStream's
    """Wrap a batch without touching its headers: FastStream would stop at bad UTF-8 in one."""
    first: Record = records[0]
    bare = ConsumerRecord(
        topic=first.topic,
        partition=first.partition,
        offset=first.offset,
        timestamp=first.timestamp,
        timestamp_type=first.timestamp_type,
        key=None,
        value=b"",
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=(),
    )
    message = await parse((bare,))
    message.raw_message = records
    return message


async def decode_nothing(_message: Any) -> list[bytes]:  # noqa: ANN401  FastStream's
    """Decode nothing: whoever handles the batch reads the records themselves."""
    return []
