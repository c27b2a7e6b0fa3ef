"""Logs: one JSON object a line to standard error in production, plain lines elsewhere. No query string, no body, no number of a
person (law 7); one line a request on `safeguards.access`."""

from portal import environment

from .apps import STAGE

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "safeguards.logs.RequestFilter"}},
    "formatters": {
        "json": {"()": "safeguards.logs.JsonFormatter"},
        "plain": {"()": "safeguards.logs.PlainFormatter", "format": "%(levelname)s %(name)s %(request_id)s %(message)s"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["request"],
            "formatter": "json" if STAGE == "production" else "plain",
        },
    },
    "root": {"handlers": ["console"], "level": environment.text("LOG_LEVEL", "INFO" if STAGE == "production" else "WARNING")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO" if STAGE == "production" else "WARNING", "propagate": True},
        # What was not found or not allowed stands in the line of the request already; here, what broke.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "procrastinate": {"level": "WARNING"},
        # Whoever asks a node that fails says so, once for each question.
        "elastic_transport": {"level": "ERROR"},
        # Each head of the chain of seals leaves the machine with the logs: who cuts the chain's end cannot cut it there.
        "safeguards.seal": {"level": "INFO"},
    },
}
