"""How an e-service gets the identity that ratings carry for ever."""

from uuid import UUID, uuid5

_NAMESPACE = UUID("b1a4ab4b-6b8b-5c0e-9a3c-7d6f0d1f5e20")


def eservice_id_of(ptv_service_id: UUID, ptv_channel_id: UUID) -> UUID:
    """Return the identity of the e-service that this PTV channel is for this PTV service.

    It follows from the two ids alone, so that every import, every installation and
    everyone who reads PTV arrives at the same one. Never change this.
    """
    return uuid5(_NAMESPACE, f"{ptv_service_id}:{ptv_channel_id}")
