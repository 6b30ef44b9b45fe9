"""Where a reader of a score stream is: the next offsets of the topic's partitions.

An id such as `12.0.44.7.3.1` says: everything before these offsets has been sent.
Since each e-service's latest score stands for all before it, what a reader missed
is the latest score of each e-service that stands at or after its place.
"""

import re
from collections.abc import Iterable, Mapping

from services.publication.domain.tables import Place, Standing

# Longer than any partition count in use; keeps a hostile header from costing much.
_ID = re.compile(r"^\d{1,19}(\.\d{1,19}){0,255}$")


def read_id(text: str | None, next_offsets: Mapping[int, int]) -> dict[int, int] | None:
    """Return the offsets that a `Last-Event-ID` names, or `None` if it is not one of ours.

    An id that lies ahead of the topic belongs to another topic than this one (it
    was deleted and made again): its reader has to begin anew.
    """
    if text is None or not _ID.match(text):
        return None
    offsets = dict(enumerate(map(int, text.split("."))))
    if any(offset > next_offsets.get(partition, 0) for partition, offset in offsets.items()):
        return None
    return offsets


def write_id(next_offsets: Mapping[int, int], waiting: Iterable[Place]) -> str:
    """Return the id of a reader that has all before `next_offsets` but what is `waiting`."""
    offsets = dict(next_offsets)
    for place in waiting:
        offsets[place.partition] = min(place.offset, offsets.get(place.partition, place.offset))
    return ".".join(
        str(offsets.get(partition, 0)) for partition in range(max(offsets, default=0) + 1)
    )


def is_missed(standing: Standing, offsets: Mapping[int, int] | None) -> bool:
    """Tell whether a reader at `offsets` has not been sent this score; a new one has none."""
    if offsets is None:
        return True
    return standing.place.offset >= offsets.get(standing.place.partition, 0)
