"""Logs: one JSON object a line to standard error in production, plain lines elsewhere. No query string, no body (law 7)."""

from portal import environment

from .apps import STAGE

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "safeguards.requests.RequestFilter"}},
    "formatters": {
        "json": {"()": "safeguards.requests.JsonFormatter"},
        "plain": {"format": "%(levelname)s %(name)s %(request_id)s %(message)s"},
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
        "procrastinate": {"level": "WARNING"},
        # Each head of the chain of seals leaves the machine with the logs: who cuts the chain's end cannot cut it there.
        "safeguards.seal": {"level": "INFO"},
    },
}
