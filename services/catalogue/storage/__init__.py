"""The relational store: the only place with SQL, and the only one that imports a driver."""

from services.catalogue.storage.engine import create_engine
from services.catalogue.storage.session import Session
from services.catalogue.storage.store import Store

__all__ = ["Session", "Store", "create_engine"]
