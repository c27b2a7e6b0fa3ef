"""Settings, a module a concern. Everything that differs between installations comes from the environment (docs/install.md)."""

from .accounts import *
from .apps import *
from .content import *
from .database import *
from .language import *
from .limits import *
from .logs import *
from .mail import *
from .messaging import *
from .open_data import *
from .page_cache import *
from .search import *
from .security import *
from .storage import *
from .uploads import *
from .wagtail import *
