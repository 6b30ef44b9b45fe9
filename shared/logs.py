"""Structured logs: one JSON object a line, with the trace id of the work under way."""

import logging
import sys

import structlog

from shared import trace
from shared.settings import LogSettings


def _add_trace_id(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    if trace_id := trace.trace_id():
        event["trace_id"] = trace_id
    return event


def _is_news(record: logging.LogRecord) -> bool:
    # A broker that has just started does not know yet who coordinates a group: it is
    # asked again at once.
    return "GroupCoordinatorNotAvailableError" not in record.getMessage()


def configure(settings: LogSettings, program: str) -> None:
    """Send everything that is logged in this process to standard error, in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace_id,
    ]
    last: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if settings.format == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level)
    # aiokafka logs each refused connection while a broker starts: what matters
    # of it we say ourselves, once.
    logging.getLogger("aiokafka").setLevel(max(root.level, logging.ERROR))
    logging.getLogger("aiokafka.consumer.group_coordinator").addFilter(_is_news)
    for chatty in ("httpx", "alembic.runtime"):
        logging.getLogger(chatty).setLevel(max(root.level, logging.WARNING))
    logging.getLogger("_granian").setLevel(max(root.level, logging.ERROR))
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(program=program)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of the module called `name`."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound
