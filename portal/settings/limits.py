"""What a request may bring, and how often somebody may ask. Counted in PostgreSQL, so right over all processes."""

from portal import environment

from .apps import STAGE

# Off in the suite (whose thousands of requests come from one address) but for the tests about it.
RATE_LIMITS_ON = environment.flag("RATE_LIMITS", STAGE != "test")
# Scope -> tries, seconds. A scope counts by client address, or by the key that its user in the code
# names (safeguards.limits.try_request).
RATE_LIMITS: dict[str, tuple[int, int]] = {
    # Failures only, over any stretch of that length: of an address, of an account's password, of its second factor.
    "login": (20, 600),
    "login_account": (5, 900),
    "second_factor": (5, 300),
    "search": (120, 60),
    "suggest": (240, 60),
    # What somebody chose of the results, and whether they found it.
    "search_choice": (60, 60),
    "search_found": (20, 60),
    "api": (60, 60),
    # Of an account, since a whole office may stand behind one address: files of the back office that are made on asking.
    "export": (10, 60),
    # Two versions compared for anybody; a page that is in memory already is not made, and not counted.
    "difference": (60, 60),
    "csp_report": (30, 60),
    # Codes that prove a contact: sent to one contact, asked for from one address (a counter's whole hall may stand behind it),
    # and typed from one address; of each code five tries count whatever the address.
    "code_contact": (5, 3600),
    "code_address": (30, 3600),
    "code_check": (60, 600),
    # Seats, against scalping: of a contact (HMAC), of an address, behind which a whole hamlet may stand.
    "seat_contact": (6, 3600),
    "seat_address": (30, 600),
    # Forms with files, of an address.
    "upload_address": (60, 600),
}
# Which requests count without a decorator: method ("*" any), start of the path (language prefix taken off), scope, key.
RATE_LIMIT_RULES: list[tuple[str, str, str, str]] = [
    ("*", "/tim/goi-y/", "suggest", "address"),
    ("*", "/tim/chon/", "search_choice", "address"),
    ("*", "/tim/thay-khong/", "search_found", "address"),
    ("*", "/tim/", "search", "address"),
    ("*", "/api/", "api", "address"),
]

# B4: public forms are small, the editor of a version with all its children is not.
PUBLIC_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# An address is said back in every link of a page of results: a megabyte of it cost seconds. 10,000 letters with marks fit.
QUERY_BYTES = 128 * 1024
PUBLIC_BODY_BYTES = 2 * 1024 * 1024
STAFF_BODY_BYTES = 12 * 1024 * 1024  # an upload of 10 MB and its form
DATA_UPLOAD_MAX_MEMORY_SIZE = STAFF_BODY_BYTES  # behind the two above: the guard answers 413 first
# An export with more rows than this is made by a job and fetched by a link; a smaller one is there at once.
EXPORT_ROWS_AT_ONCE = 10_000
