"""What people see when something is not there, or not yet."""

import math

from fastapi import HTTPException, Request, Response

from shared.errors import TransientError
from shared.http.program import ErrorPage
from shared.pages import Pages

_NOT_FOUND = 404
_NOT_READY = 503


def error_page(pages: Pages) -> ErrorPage:
    """Return what makes a page of an HTTP status."""

    def show(request: Request, status: int) -> Response:
        if status == _NOT_READY:
            return pages.page(request, "loading.html", status=status)
        return pages.page(request, "error.html", status=status, is_missing=status == _NOT_FOUND)

    return show


def not_found(pages: Pages, request: Request) -> Response:
    """Answer that there is no such page."""
    return pages.page(request, "error.html", status=_NOT_FOUND, is_missing=True)


def unavailable(error: TransientError) -> HTTPException:
    """Return what answers with a page, where a page was asked for, that it is not there yet."""
    retry_after = str(math.ceil(error.retry_after_seconds))
    return HTTPException(_NOT_READY, str(error), {"Retry-After": retry_after})
