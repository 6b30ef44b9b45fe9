"""How programs speak HTTP: one way to build an application, to refuse, and to check keys."""

from shared.http.addresses import Proxies
from shared.http.application import Application, create_application
from shared.http.bodies import read_body
from shared.http.keys import KeyRing, hash_secret
from shared.http.problems import problem
from shared.http.program import Program
from shared.http.serving import serve
from shared.http.sessions import Sessions, SignedIn

__all__ = [
    "Application",
    "KeyRing",
    "Program",
    "Proxies",
    "Sessions",
    "SignedIn",
    "create_application",
    "hash_secret",
    "problem",
    "read_body",
    "serve",
]
