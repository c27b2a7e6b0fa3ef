"""Settings of the suite: stage and role stand before anything else is read. The suite makes its own database, as the owner."""

import os

os.environ["PORTAL_STAGE"] = "test"
os.environ["PORTAL_AS_OWNER"] = "1"
os.environ["SECOND_FACTOR"] = "off"  # the tests about it switch it on

from portal import environment
from tests import server

if not environment.text("DATABASE_URL"):
    os.environ.update(server.started())

from portal.settings import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WAGTAILADMIN_BASE_URL = "http://testserver"
# Pages are made for each request, so that a test sees what its own did; the tests of the page cache switch it on.
PAGE_CACHE_MB = 0
# The scanner of whoever runs the suite is not asked; tests about it name their own.
CLAMD_ADDRESS = ""
