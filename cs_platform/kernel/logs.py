"""Structured logs: one JSON object (or one readable line) with request id, tenant and user; never a body."""

import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

_KEY = re.compile(r"(cs_live_[\w-]{6})[\w-]+")


def hide_keys(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave of an API key only what its prefix shows: the browser library of Segment puts it into an address."""
    for field, value in event.items():
        if isinstance(value, str) and "cs_live_" in value:
            event[field] = _KEY.sub(r"\1…", value)
    return event


def configure(options: dict[str, Any]) -> None:
    """Set up stdlib logging and structlog for `options["format"]`, "json" or "console"."""
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=False)
        if options["format"] == "console"
        else structlog.processors.JSONRenderer()
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        hide_keys,
    ]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "main": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                    "foreign_pre_chain": shared,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "main"}},
            "root": {"handlers": ["stderr"], "level": "INFO"},
            "loggers": {
                "django.server": {"level": "WARNING"},
                "celery.beat": {"level": "WARNING"},
                "django_structlog.celery": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
