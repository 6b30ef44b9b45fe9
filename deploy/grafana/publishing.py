"""Brings dashboards to a Grafana server through its HTTP API, as often as one likes."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException

from deploy.grafana.differences import differences
from shared.errors import ArvioError

FOLDER_UID = "arvio"
FOLDER_TITLE = "Arvio"

State = Literal["created", "changed", "unchanged", "not ours"]
T = TypeVar("T")

_BAD_REQUEST, _NOT_FOUND, _CONFLICT = 400, 404, 412
_TIMEOUT_SECONDS = 15.0


class GrafanaError(ArvioError):
    """Something kept a dashboard from being published."""

    code = "grafana"
    exit_code = 6


class GrafanaUnreachableError(GrafanaError):
    """Nobody answers at the address, or the server itself is in trouble."""

    code = "grafana_unreachable"
    exit_code = 3


class GrafanaRefusedError(GrafanaError):
    """The token is wrong, or may not do this."""

    code = "grafana_refused"
    exit_code = 4


class GrafanaConflictError(GrafanaError):
    """Somebody else has changed the dashboard meanwhile."""

    code = "grafana_conflict"
    exit_code = 5


@dataclass(frozen=True)
class Outcome:
    """What became of one dashboard."""

    uid: str
    title: str
    state: State
    lines: list[str] = field(default_factory=list)
    """What is different from before."""


class Publisher:
    """Creates and changes dashboards of one folder; what is not ours stays as it is."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._api = GrafanaApi.from_url(
            url.rstrip("/") + "/", credential=token, timeout=_TIMEOUT_SECONDS
        )

    def publish(self, dashboards: Mapping[str, str], *, dry_run: bool) -> Iterator[Outcome]:
        """Yield what became of each dashboard, or what would become of it.

        Raises `GrafanaError`; what was published before stays published, and publishing
        again goes on from there.
        """
        has_folder = self._has_folder()
        if not has_folder and not dry_run:
            self._ask(lambda: self._api.folder.create_folder(FOLDER_TITLE, uid=FOLDER_UID))
        for uid, text in dashboards.items():
            yield self._publish(uid, json.loads(text), dry_run=dry_run)
        if has_folder:
            yield from self._others(set(dashboards))

    def _publish(self, uid: str, ours: dict[str, Any], *, dry_run: bool) -> Outcome:
        title = str(ours["title"])
        found = self._find(lambda: self._api.dashboard.get_dashboard(uid))
        theirs = found["dashboard"] if found else {}
        lines = differences(ours, theirs) if found else []
        if found and found.get("meta", {}).get("folderUid", FOLDER_UID) != FOLDER_UID:
            lines.append(f"folder: {found['meta']['folderUid']} → {FOLDER_UID}")
        if found and not lines:
            return Outcome(uid, title, "unchanged")
        if not dry_run:
            with _about(title):
                self._save(ours, version=theirs.get("version"))
        return Outcome(uid, title, "changed" if found else "created", lines)

    def _save(self, ours: dict[str, Any], *, version: int | None) -> None:
        """Save with the version that was read, so that nobody's change is lost unseen."""
        dashboard = ours | {"id": None} | ({"version": version} if version is not None else {})
        body = {
            "dashboard": dashboard,
            "folderUid": FOLDER_UID,
            "message": "Published from Arvio's code",
            "overwrite": False,
        }
        self._ask(lambda: self._api.dashboard.update_dashboard(body))

    def _others(self, uids: set[str]) -> Iterator[Outcome]:
        found = self._ask(
            lambda: self._api.search.search_dashboards(type_="dash-db", folder_uids=[FOLDER_UID])
        )
        for each in found:
            if each["uid"] not in uids:
                yield Outcome(each["uid"], each["title"], "not ours")

    def _has_folder(self) -> bool:
        return self._find(lambda: self._api.folder.get_folder(FOLDER_UID)) is not None

    def _find(self, call: Callable[[], T]) -> T | None:
        try:
            return self._ask(call)
        except _NotFoundError:
            return None

    def _ask(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except GrafanaClientError as error:
            raise _ours(error) from error
        except (GrafanaException, OSError) as error:
            message = f"Grafana does not answer at {self._url}: {error}"
            raise GrafanaUnreachableError(message) from error
        except ValueError as error:
            message = f"what answers at {self._url} is no Grafana: {error}"
            raise GrafanaUnreachableError(message) from error


class _NotFoundError(GrafanaError):
    """There is no such thing."""


def _ours(error: GrafanaClientError) -> GrafanaError:
    said = str(error.response.get("message", "")) if isinstance(error.response, dict) else ""
    match error.status_code:
        case 401:
            return GrafanaRefusedError(
                "Grafana does not know the token: give that of a service account, which begins "
                "with glsa_"
            )
        case 403:
            return GrafanaRefusedError(
                "Grafana does not let the token do this: its service account needs the role "
                f"Editor ({said})"
            )
        case 404:
            return _NotFoundError(said or "not found")
        case 412:
            return GrafanaConflictError(
                "somebody has changed it in Grafana meanwhile; look at what was changed, and "
                f"publish again ({said})"
            )
        case status:
            return GrafanaError(f"Grafana refuses it with {status}: {said or error}")


@contextmanager
def _about(title: str) -> Iterator[None]:
    """Say of which dashboard an error speaks."""
    try:
        yield
    except GrafanaError as error:
        message = f"{title}: {error}"
        raise type(error)(message) from error
