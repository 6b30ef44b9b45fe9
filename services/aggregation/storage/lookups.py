"""Asks for many ids: in parts, because a server takes only so many in one parameter."""

import asyncio
from collections.abc import Sequence

from services.aggregation.storage.client import Clickhouse, Parameters, Row, statement

# A server refuses a parameter of more than 128 KiB (http_max_field_value_size, which no
# request can change); an id takes 40 bytes of it.
_IDS_AT_ONCE = 3_000


async def look_up(
    clickhouse: Clickhouse, name: str, parameters: Parameters, **of: Sequence[object]
) -> list[Row]:
    """Return what the statement `name` says of the ids in the one parameter that `of` names."""
    ((parameter, ids),) = of.items()
    found = await asyncio.gather(
        *(
            clickhouse.query(
                statement(name), {**parameters, parameter: ids[first : first + _IDS_AT_ONCE]}
            )
            for first in range(0, len(ids), _IDS_AT_ONCE)
        )
    )
    return [row for rows in found for row in rows]
