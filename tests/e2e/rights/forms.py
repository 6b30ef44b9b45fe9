"""What a call or a form takes, filled in so that it looks valid."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

Document = Mapping[str, Any]

# What is more than any text.
_WORDS = {
    "business_code": "1234567-1",
    "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
}

_FIELDS = {"input", "select", "textarea", "button"}


@dataclass
class HtmlForm:
    """A form that sends something, as a page shows it."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def sent(self) -> list[dict[str, str]]:
        """Return what each of its buttons sends."""
        pressed = [{name: value} for name, value in self.buttons] or [{}]
        return [{**dict(self.fields), **each} for each in pressed]


class FormReader(HTMLParser):
    """Reads the forms of a page that are sent by POST."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self._form: HtmlForm | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            is_sent = told.get("method", "").lower() == "post"
            self._form = HtmlForm(told["action"].partition("?")[0]) if is_sent else None
            if self._form is not None:
                self.forms.append(self._form)
        if self._form is not None and "name" in told and tag in _FIELDS:
            value = told.get("value") or ("" if told.get("type") == "hidden" else "on")
            kept = self._form.buttons if tag == "button" else self._form.fields
            kept.append((told["name"], value))
        if tag == "option" and self._form is not None and "selected" in told:
            name, _ = self._form.fields[-1]
            self._form.fields[-1] = (name, told.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None


def forms_of(page: str) -> list[HtmlForm]:
    """Return the forms of a page."""
    reader = FormReader()
    reader.feed(page)
    return reader.forms


def body_of(schema: Document, document: Document, ids: Mapping[str, str], name: str = "") -> Any:  # noqa: ANN401, C901, PLR0911, PLR0912  one branch for each kind of schema
    """Return something that a schema takes; ids are those of `ids`."""
    if "$ref" in schema:
        part: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            part = part[step]
        return body_of(part, document, ids, name)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            first = next(one for one in schema[several] if one.get("type") != "null")
            return body_of(first, document, ids, name)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    singular = name.removesuffix("s")
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        if "properties" not in schema:
            return {"fi": body_of(schema.get("additionalProperties", {}), document, ids, name)}
        return {
            key: body_of(value, document, ids, key) for key, value in schema["properties"].items()
        }
    if kind == "array":
        return [body_of(schema.get("items", {}), document, ids, singular)]
    if kind == "integer":
        return int(schema.get("minimum", 1))
    if kind == "number":
        return 1.0
    if kind == "boolean":
        return True
    for known in ids:
        if singular.endswith(known):
            return ids[known]
    if name in _WORDS:
        return _WORDS[name]
    by_format = {"uuid": str(uuid4()), "date-time": datetime.now(UTC).isoformat()}
    if schema.get("format") in by_format:
        return by_format[schema["format"]]
    return "https://walked.example" if "url" in name or "origin" in name else "walked"
