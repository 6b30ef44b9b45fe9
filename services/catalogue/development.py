"""What the embedded stack needs to show anything: made-up e-services, people, a key to all."""

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from services.catalogue.domain import keys
from services.catalogue.domain.actors import program
from services.catalogue.domain.records import Eservice, Organisation
from services.catalogue.errors import NotEmbeddedError
from services.catalogue.files import read_files
from services.catalogue.importing import Options, import_ptv
from services.catalogue.made_up_people import add_made_up_people
from services.catalogue.migrate import prepare
from services.catalogue.settings import Settings
from services.catalogue.storage import Session, Store, create_engine
from shared.vocabulary import Scope, text_in

KEY_FILE = "development-key"
_LABEL = "development key"
_KEY_PARTS = 3
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class DevelopmentData:
    """What `var/embedded.json` tells of the catalogue."""

    api_key: str
    organisations: list[dict[str, str]]
    eservices: list[dict[str, str]]


async def ensure_development_data(settings: Settings) -> DevelopmentData:
    """Fill an empty catalogue with made-up e-services and people, and see to a key.

    The key has every scope, and is kept under the data folder, so that it stays the same
    from run to run. Safe to run again at any time, also while the catalogue runs. Raises
    `NotEmbeddedError` outside embedded mode.
    """
    if settings.mode != "embedded":
        message = "development data and keys exist in embedded mode only"
        raise NotEmbeddedError(message)
    return await asyncio.to_thread(_ensure, settings)


def _ensure(settings: Settings) -> DevelopmentData:
    engine = create_engine(settings.database_url)
    try:
        prepare(engine)
        store = Store(engine)
        with store.read() as session:
            is_empty = session.is_empty()
        if is_empty:
            document = read_files(
                [_ROOT / settings.catalogue.development_file], settings.catalogue.max_import_bytes
            )
            import_ptv(store, document, Options())
        clear = _kept_key(settings.var_dir / KEY_FILE)
        with store.write(program("development data")) as session:
            _issue(session, clear)
            if settings.has_development_sign_in:
                add_made_up_people(session)
        with store.read() as session:
            return _told(session, clear)
    finally:
        engine.dispose()


def _kept_key(path: Path) -> str:
    """Return the key that the file keeps; write a new one where there is none."""
    with suppress(FileNotFoundError):
        kept = path.read_text(encoding="ascii").strip()
        if kept.startswith("arvio_") and len(kept.split("_", 2)) == _KEY_PARTS:
            return kept
    clear = f"arvio_{keys.new_key_id()}_{keys.new_secret()}"
    path.parent.mkdir(parents=True, exist_ok=True)
    half_written = path.with_suffix(".part")
    half_written.unlink(missing_ok=True)
    descriptor = os.open(half_written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{clear}\n")
    half_written.replace(path)
    return clear


def _issue(session: Session, clear: str) -> None:
    """See to it that the store has this key, alive and with every scope there is."""
    wish = keys.Wish(label=_LABEL, scopes=tuple(Scope))
    wanted = keys.with_secret(wish, datetime.now(UTC), clear).key
    held = session.api_key(wanted.key_id)
    if held is None:
        session.add(wanted)
    elif held.model_copy(update={"created_at": wanted.created_at}) != wanted:
        session.replace_key(wanted)


def _told(session: Session, clear: str) -> DevelopmentData:
    return DevelopmentData(
        api_key=clear,
        organisations=[
            {"organisation_id": str(one.organisation_id), "name": text_in(one.names, "fi")}
            for one in session.everything(Organisation)
            if not one.is_withdrawn
        ],
        eservices=[
            {
                "eservice_id": str(one.eservice_id),
                "organisation_id": str(one.organisation_id),
                "name": text_in(one.names, "fi"),
            }
            for one in session.everything(Eservice)
            if not one.is_withdrawn and one.is_open
        ],
    )
