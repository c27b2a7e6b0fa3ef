"""Files of citizens: how much is taken, where it stands, who looks for viruses in it."""

from portal import environment

from .apps import STAGE

MEBI = 1024 * 1024
UPLOAD_FILE_BYTES = 10 * MEBI
UPLOAD_FILES = 20
UPLOAD_TOTAL_BYTES = 50 * MEBI
UPLOAD_BODY_BYTES = UPLOAD_TOTAL_BYTES + 2 * MEBI  # the files and their form
# What belongs to no form that was sent off: gone after a day, and never more than this in all, whoever sends.
UPLOAD_ABANDONED_HOURS = 24
UPLOAD_STAGED_BYTES = environment.number("UPLOAD_STAGED_MB", 2048) * MEBI
# clamd: host:port, or unix:/path of its socket.
CLAMD_ADDRESS = environment.text("CLAMD_ADDRESS")
if STAGE == "production" and not CLAMD_ADDRESS:
    raise environment.UnsafeEnvironment(
        "CLAMD_ADDRESS is not set. Production takes files from citizens and needs a virus scanner: host:port of clamd, or unix:/path. "
        "See docs/uploads.md."
    )
if CLAMD_ADDRESS and not CLAMD_ADDRESS.startswith(("unix:/", "/")) and not CLAMD_ADDRESS.rpartition(":")[2].isdecimal():
    raise environment.UnsafeEnvironment("CLAMD_ADDRESS must be host:port of clamd, such as 127.0.0.1:3310, or unix:/path of its socket.")
