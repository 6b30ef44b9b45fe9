"""Commands about the whole store."""

from services.catalogue.cli.console import acting, opened, out, say_whether_told
from services.catalogue.domain.records import Eservice, Organisation


def republish() -> None:
    """Publish every present state again, for topics that were lost or emptied."""
    with opened() as store:
        with store.write(acting("republish")) as session:
            session.lock()
            session.tell(session.question_sets())
            session.tell(session.everything(Organisation))
            session.tell(session.everything(Eservice))
            session.tell(session.thresholds()[:1])
            session.tell(session.api_keys())
            session.tell(session.people())
            count = session.written.total()
        out.print(f"{count} states go out again")
        say_whether_told(store)


def migrate_store() -> None:
    """Bring tables and question sets up to date, and do nothing else."""
    with opened():
        out.print("the store is up to date")
