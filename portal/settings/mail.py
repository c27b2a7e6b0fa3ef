"""Outgoing mail. Without MAIL_HOST, mail is written to files under `var/mail` (never in production)."""

from portal import environment

from .apps import STAGE

EMAIL_HOST = environment.text("MAIL_HOST", "localhost")
EMAIL_PORT = environment.number("MAIL_PORT", 25)
EMAIL_HOST_USER = environment.text("MAIL_USER")
EMAIL_HOST_PASSWORD = environment.text("MAIL_PASSWORD")
EMAIL_USE_TLS = environment.flag("MAIL_TLS")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text("MAIL_FROM", "portal@localhost")
if environment.text("MAIL_HOST"):
    EMAIL_BACKEND = "safeguards.mail.SmtpBackend"
elif STAGE == "production":
    raise environment.UnsafeEnvironment("MAIL_HOST is not set. Production needs a mail server: see docs/install.md.")
else:
    EMAIL_BACKEND = "safeguards.mail.FileBackend"
    EMAIL_FILE_PATH = environment.var_folder() / "mail"
