"""Which versions of PTV's API can be read."""

from services.catalogue.domain import ptv_v11
from services.catalogue.domain.documents import Adapter

PRESENT = "v11"
"""The version that is read unless another one is chosen."""

ADAPTERS: dict[str, Adapter] = {"v11": ptv_v11.ADAPTER}
"""How to read the entries of each version of PTV's API."""
