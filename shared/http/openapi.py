"""Completes each OpenAPI document with what all calls share: problems, ids, languages."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from shared.http.problems import CODES_OF_STATUS, MEDIA_TYPE, TITLES, problem_body

Document = dict[str, Any]

_REF = "#/components/schemas/Problem"
_FRAMEWORKS = {"HTTPValidationError", "ValidationError"}
_INVALID = "422"
_CODES: Mapping[int, str] = {
    **CODES_OF_STATUS,
    409: "conflict",
    412: "precondition_failed",
    422: "invalid_input",
    428: "precondition_required",
    429: "too_many_requests",
}

_PARAMETERS: Mapping[str, str] = {
    "after": "`next` of the page before.",
    "authorization": "`Bearer arvio_…`: an API key.",
    "digest": "Digest of the build, as `/widget.json` tells.",
    "eservice_id": "Id of the e-service.",
    "is_open": "Only those that take ratings, or only those that do not.",
    "is_withdrawn": "Only those that are withdrawn, or only those that are not.",
    "key_id": "Id of the key: the part between `arvio_` and the next `_`.",
    "language": "`fi`, `sv` or `en`.",
    "last-event-id": "Id of the last event that arrived: the stream goes on from there.",
    "limit": "Most entries of one page.",
    "organisation_id": "Id of the organisation.",
    "page": "Number of the page, from 1.",
    "page_size": "Most entries of one page.",
    "ptv_channel_id": "Id of the channel in the national service catalogue.",
    "ptv_service_id": "Id of the service in the national service catalogue.",
    "q": "Words that the names have to contain, in any language.",
    "query": "Words that the names have to contain, in any language.",
    "question_id": "Id of the question, such as `ease`.",
    "question_set_id": "Id of the set of questions, such as `base`.",
    "stars": "Only ratings with so many stars.",
    "end_point": "How the transactions ended.",
    "window": "The last 24 hours, 30 days or 12 months.",
}
"""What parameters mean that have the same name, and so the same meaning, in all calls."""

PROBLEM: Mapping[str, Any] = {
    "title": "Problem",
    "description": "Why a call was refused (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "description": "`urn:arvio:problem:` and the code."},
        "title": {"type": "string"},
        "status": {"type": "integer", "description": "The HTTP status."},
        "code": {"type": "string", "description": "Stable name of the problem, for programs."},
        "detail": {"type": "string", "description": "What is wrong, for people who develop."},
        "errors": {
            "type": "array",
            "description": "One entry for each field or item that is wrong.",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string", "description": "`stars`, or `3.stars`."},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
        "trace_id": {"type": "string", "description": "By which our logs find the request."},
    },
}


class DescribedApi(FastAPI):
    """The framework, with an OpenAPI document that is whole."""

    def openapi(self) -> Document:
        """Return the document; made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            _restore_examples(document, self)
            _complete(document)
        return super().openapi()


def _restore_examples(document: Document, api: FastAPI) -> None:
    """Give examples their `null`s, which FastAPI takes away and which schemas require."""
    for found in iter_route_contexts(api.routes):
        route = found.original_route
        calls = document["paths"].get(found.path_format)
        if calls is None or not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        for method in route.methods or ():
            described = calls[method.lower()]["responses"]
            for status, response in route.responses.items():
                for media_type, content in response.get("content", {}).items():
                    if "example" in content:
                        described[str(status)]["content"][media_type] |= content


def _complete(document: Document) -> None:
    components = document.setdefault("components", {}).setdefault("schemas", {})
    components["Problem"] = dict(PROBLEM)
    for name in _FRAMEWORKS:
        components.pop(name, None)
    for operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            words = _PARAMETERS.get(parameter["name"])
            if words is not None:
                parameter.setdefault("description", words)
        for status, response in operation["responses"].items():
            _complete_response(status, response)


def _complete_response(status: str, response: Document) -> None:
    content = response.get("content", {})
    if status == _INVALID and MEDIA_TYPE not in content:
        # The framework describes an answer that is not ours.
        response["description"] = TITLES[int(status)]
        content = response["content"] = {MEDIA_TYPE: {}}
    if MEDIA_TYPE in content:
        described = content[MEDIA_TYPE]
        described["schema"] = {"$ref": _REF}
        if "example" not in described and "examples" not in described:
            code = _CODES[int(status)]
            described["example"] = problem_body(int(status), code, response["description"])


def _operations(document: Document) -> Iterator[Document]:
    for calls in document["paths"].values():
        yield from calls.values()
