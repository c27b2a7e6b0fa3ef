"""The back office."""

from urllib.parse import urlsplit

from portal import environment

from .apps import STAGE
from .security import ALLOWED_HOSTS

WAGTAIL_SITE_NAME = environment.text("PORTAL_NAME", "Minh Bạch")
# Addresses in mails, QR codes and feeds come from here, never from a request's Host (B8).
WAGTAILADMIN_BASE_URL = environment.text("PORTAL_BASE_URL", "" if STAGE == "production" else "http://127.0.0.1:8000")
if STAGE == "production" and not WAGTAILADMIN_BASE_URL.startswith("https://"):
    raise environment.UnsafeEnvironment("PORTAL_BASE_URL is not set: the portal's own address, beginning with https://.")
# The portal answers to its own name, whatever else it is reached by.
if (_own := urlsplit(WAGTAILADMIN_BASE_URL).hostname or "") not in ALLOWED_HOSTS:
    ALLOWED_HOSTS.append(_own)
# M3: the admin asks gravatar.com and the update server by default; a citizen's or an officer's visit is nobody else's business.
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
# Each autosave writes the whole version and its children: not every half second.
WAGTAIL_AUTOSAVE_INTERVAL = 15000
# As an officer types a date; with Wagtail's own Y-m-d the picker took 15/12/2026 for unreadable and wrote today.
WAGTAIL_DATE_FORMAT = "%d/%m/%Y"
WAGTAIL_DATETIME_FORMAT = "%d/%m/%Y %H:%M"
WAGTAIL_MODERATION_ENABLED = True
WAGTAILDOCS_SERVE_METHOD = "serve_view"
SENDFILE_BACKEND = "foundation.sending"
# What others have written is saved, never opened in the portal's own name; and a machine without a list of types knows no DOCX.
WAGTAILDOCS_INLINE_CONTENT_TYPES: list[str] = []
WAGTAILDOCS_CONTENT_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "txt": "text/plain",
    "csv": "text/csv",
}
WAGTAILDOCS_EXTENSIONS = ["pdf", "docx", "odt", "xlsx", "ods", "txt", "csv"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 10 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 40_000_000
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = True
WAGTAILADMIN_COMMENTS_ENABLED = True
TAGGIT_CASE_INSENSITIVE = True
# Locked is what asks for an account: a password that many share stands in the clear in the database, and anybody may guess it.
WAGTAIL_PRIVATE_PAGE_OPTIONS = WAGTAILDOCS_PRIVATE_COLLECTION_OPTIONS = {"SHARED_PASSWORD": False}
