"""What people see when something is not there."""

from fastapi import Request, Response

from shared.http.program import ErrorPage
from shared.pages import Pages

_NOT_FOUND = 404


def error_page(pages: Pages) -> ErrorPage:
    """Return what makes a page of an HTTP status."""

    def show(request: Request, status: int) -> Response:
        return pages.page(request, "error.html", status=status, is_missing=status == _NOT_FOUND)

    return show


def not_found(pages: Pages, request: Request) -> Response:
    """Answer that there is no such page."""
    return pages.page(request, "error.html", status=_NOT_FOUND, is_missing=True)
