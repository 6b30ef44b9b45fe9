"""What a copy says of itself, and what is compared with it after it has been read back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.aggregation.migrate import read
from services.aggregation.storage.contents import Amount
from shared.errors import PermanentError

FILE_NAME = "manifest.json"


class CopyError(PermanentError):
    """A copy is not whole, or does not fit the store."""

    code = "copy"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class TableAmount(_Model):
    """How much a table held."""

    rows: int
    total: int
    """What its rows count in all."""

    has_lifetime: bool
    """Whether rows may have been deleted by their age when the copy is read back."""


class CopiedFile(_Model):
    """One Parquet file: one partition of one table, a month of ratings for instance."""

    path: str
    table: str
    partition: str
    rows: int
    size_bytes: int
    sha256: str


class Manifest(_Model):
    """What is in a copy."""

    format: Literal[1] = 1
    made_at: datetime
    engine_version: str
    schema_version: str
    """The last migration of the program that made it."""

    counted_to: dict[str, dict[int, int]]
    """Up to which offset each partition of each topic is counted: where reading goes on."""

    tables: dict[str, TableAmount]
    files: tuple[CopiedFile, ...] = ()


def schema_version() -> str:
    """Return the name of the last migration of this program."""
    return read()[-1].name


def check_schema(manifest: Manifest) -> None:
    """Raise `CopyError` for a copy of a program that is newer than this one."""
    if manifest.schema_version > schema_version():
        message = (
            f"the copy was made with {manifest.schema_version}, "
            f"this program knows no more than {schema_version()}: install the newer one"
        )
        raise CopyError(message)


def check_amounts(manifest: Manifest, found: Mapping[str, Amount]) -> None:
    """Raise `CopyError` where a table holds something else than the copy says."""
    wrong = [
        f"{name}: {found[name].total if name in found else 'no table'} instead of {table.total}"
        for name, table in manifest.tables.items()
        if name not in found or (found[name].rows, found[name].total) != (table.rows, table.total)
    ]
    if wrong:
        message = f"counts differ from the copy's: {'; '.join(wrong)}"
        raise CopyError(message)
