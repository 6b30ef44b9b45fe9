"""Imports from PTV: what each one changed, when the next is due, and a way to start one."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.catalogue.domain.records import Organisation, PtvRun
from services.catalogue.pages.forms import Fields, read_reason
from services.catalogue.pages.listing import wanted_page
from services.catalogue.pages.ptv_reports import KINDS, PARTS, ReportView, Wanted
from services.catalogue.pages.visitors import PRIVATE, ManagementPages, Visitor
from services.catalogue.ptv_runs import DRY_RUN_HOLDS, PtvImports, Wish
from services.catalogue.storage import Session
from shared.errors import ConflictError, NotAllowedError, NotFoundError
from shared.pages.listing import cut
from shared.rights import Action

_ADDRESS = "/manage/ptv-imports"
_IMPORTS_SHOWN = 25
_ROWS_SHOWN = 50
_OLD = timedelta(days=2)


def routes(management: ManagementPages, imports: PtvImports) -> APIRouter:
    """Return the routes."""
    router = management.router(_ADDRESS)
    page = _ImportPages(management, imports)

    @router.get("")
    def overview(request: Request, before: datetime | None = None) -> Response:
        """List the imports, and tell how the last one went."""
        return page.overview(request, management.visitor(request), before)

    @router.get("/now")
    def now(request: Request) -> Response:
        """Show the part of the list's page that moves."""
        return page.now(request, management.visitor(request))

    @router.get("/runs/{run_id}")
    def run(request: Request, run_id: UUID) -> Response:
        """Show what a dry run has found, with a way to let it be so."""
        return page.dry_run(request, management.visitor(request), run_id)

    @router.get("/{began_at}")
    def report(request: Request, began_at: datetime) -> Response:
        """Show what one import changed."""
        return page.report(request, management.visitor(request), began_at)

    @router.post("")
    async def start(request: Request) -> Response:
        """Start a dry run, or the import that a dry run has shown."""
        visitor = await asyncio.to_thread(management.visitor, request)
        fields = await management.fields(request, visitor)
        visitor.require(Action.IMPORT_PTV)
        return await asyncio.to_thread(page.start, request, visitor, fields)

    return router


class _ImportPages:
    """The pages about imports; who sees organisations sees what concerns them."""

    def __init__(self, management: ManagementPages, imports: PtvImports) -> None:
        self._management = management
        self._imports = imports

    def overview(
        self,
        request: Request,
        visitor: Visitor,
        before: datetime | None = None,
        refused: str = "",
    ) -> Response:
        """Answer with the list."""
        _visible_to(visitor)
        with self._management.store.read() as session:
            found = session.ptv_imports(before=_aware(before), limit=_IMPORTS_SHOWN + 1)
            last, last_whole = session.last_import(), session.last_import(is_everything=True)
            context = self._run_of(session, visitor)
        due = last_whole and last_whole.began_at + timedelta(days=self._imports.everything_days)
        return self._management.show(
            request,
            visitor,
            "ptv_imports.html",
            status=409 if refused else 200,
            imports=found[:_IMPORTS_SHOWN],
            has_more=len(found) > _IMPORTS_SHOWN,
            is_first=before is None,
            last=last,
            is_old=last is not None and datetime.now(UTC) - last.began_at > _OLD,
            everything_due=due,
            refused=refused,
            **context,
        )

    def now(self, request: Request, visitor: Visitor) -> Response:
        """Answer with how the run stands, which a script asks for again and again.

        The visitor's session is not renewed: nobody is at work because a page is open.
        """
        visitor.require(Action.IMPORT_PTV)
        with self._management.store.read() as session:
            context = self._run_of(session, visitor)
        return self._management.pages.page(request, "ptv_run_now.html", headers=PRIVATE, **context)

    def report(self, request: Request, visitor: Visitor, began_at: datetime) -> Response:
        """Answer with the report of one import."""
        visible = _visible_to(visitor)
        with self._management.store.read() as session:
            found = session.ptv_import(_aware(began_at) or began_at)
            organisations = _by_id(session)
        if found is None:
            message = "there is no such import"
            raise NotFoundError(message)
        view = ReportView(found.report, organisations, visible)
        address = f"{_ADDRESS}/{request.path_params['began_at']}"
        context: dict[str, Any] = {"ptv_import": found, "run": None}
        return self._show_report(request, visitor, view, address, context)

    def dry_run(
        self,
        request: Request,
        visitor: Visitor,
        run_id: UUID,
        faults: dict[str, str] | None = None,
        entered: Fields | None = None,
    ) -> Response:
        """Answer with what a dry run has found."""
        visitor.require(Action.IMPORT_PTV)
        with self._management.store.read() as session:
            run = session.ptv_runs.run(run_id)
            organisations = _by_id(session)
        if run is None or run.report is None:
            message = "there is no such dry run"
            raise NotFoundError(message)
        view = ReportView(run.report, organisations, None)
        context = {
            "ptv_import": None,
            "run": run,
            "holds": _holds(run),
            "faults": faults or {},
            "reason": entered.get("reason") if entered else "",
            "is_confirmed": entered is not None and entered.has("confirmed"),
        }
        return self._show_report(request, visitor, view, f"{_ADDRESS}/runs/{run_id}", context)

    def start(self, request: Request, visitor: Visitor, fields: Fields) -> Response:
        """Start what the form asks for; an import only after a dry run that was looked at."""
        reason, is_forced = read_reason(fields), False
        if fields.get("do") == "import":
            run = self._looked_at(fields.get("run_id"))
            is_forced = bool(run.report and run.report.get("is_suspicious"))
            if is_forced and not (fields.has("confirmed") and reason):
                faults = {} if fields.has("confirmed") else {"confirmed": "confirm"}
                faults |= {} if reason else {"reason": "why"}
                return self.dry_run(request, visitor, run.run_id, faults, fields)
            is_everything = run.is_everything
        else:
            is_everything = fields.has("everything")
        wish = Wish(
            actor=visitor.actor(reason),
            is_dry_run=fields.get("do") != "import",
            is_everything=is_everything,
            is_forced=is_forced,
        )
        try:
            self._imports.start(wish)
        except ConflictError as error:
            return self.overview(request, visitor, refused=str(error))
        return self._management.done(request, _ADDRESS, "started")

    def _looked_at(self, run_id: str) -> PtvRun:
        try:
            with self._management.store.read() as session:
                run = session.ptv_runs.run(UUID(run_id))
        except ValueError:
            run = None
        if run is None or not _holds(run):
            message = "look first what the import would change: no dry run of today is there"
            raise NotAllowedError(message)
        return run

    def _run_of(self, session: Session, visitor: Visitor) -> dict[str, Any]:
        may_import = visitor.may(Action.IMPORT_PTV)
        run = session.ptv_runs.last() if may_import else None
        is_silent = run is not None and run.is_silent(session.now)
        is_running = run is not None and run.state == "running" and not is_silent
        return {
            "may_import": may_import,
            "run": run,
            "is_silent": is_silent,
            "is_running": is_running,
            "holds": run is not None and _holds(run),
        }

    def _show_report(
        self,
        request: Request,
        visitor: Visitor,
        view: ReportView,
        address: str,
        context: dict[str, Any],
    ) -> Response:
        query = request.query_params
        wanted = Wanted(
            part=query.get("part", ""),
            kind=query.get("kind", ""),
            organisation_id=query.get("organisation_id", ""),
        )
        rows = [row for row in view.rows if wanted.has(row)]
        return self._management.show(
            request,
            visitor,
            "ptv_import.html",
            status=422 if context.get("faults") else 200,
            view=view,
            wanted=wanted,
            found=cut(rows, wanted_page(query), _ROWS_SHOWN),
            address=address,
            kinds=KINDS,
            parts=PARTS,
            sees_all=visitor.may(Action.SEE_PTV_IMPORTS),
            **context,
        )


def _visible_to(visitor: Visitor) -> Collection[str] | None:
    """Return the organisations whose parts somebody sees, `None` for all of them.

    Raises `NotAllowedError` where there are none.
    """
    if visitor.may(Action.SEE_PTV_IMPORTS):
        return None
    found = {
        str(grant.organisation_id)
        for grant in visitor.who.person.grants
        if grant.organisation_id and visitor.may(Action.SEE_PTV_IMPORTS, grant.organisation_id)
    }
    if not found:
        message = "imports are shown to people of organisations"
        raise NotAllowedError(message)
    return found


def _by_id(session: Session) -> dict[str, Organisation]:
    return {str(one.organisation_id): one for one in session.everything(Organisation)}


def _holds(run: PtvRun) -> bool:
    """Tell whether a dry run still says what an import would do: PTV moves on."""
    is_recent = datetime.now(UTC) - run.began_at < DRY_RUN_HOLDS
    return run.is_dry_run and run.state == "done" and is_recent


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
