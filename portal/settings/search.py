"""Search: where the local mirror lives, and the Elasticsearch that several machines share, where there is one."""

from urllib.parse import urlsplit

from portal import environment

SEARCH_LOCAL_INDEX = environment.var_folder() / "search"

ELASTICSEARCH_URL = environment.words("ELASTICSEARCH_URL")
for _address in ELASTICSEARCH_URL:
    _parts = urlsplit(_address)
    if _parts.scheme not in {"http", "https"} or not _parts.hostname or _parts.username:
        raise environment.UnsafeEnvironment(
            "ELASTICSEARCH_URL must list addresses such as https://search-1:9200, without an account: that goes into ELASTICSEARCH_USER."
        )
ELASTICSEARCH_USER = environment.text("ELASTICSEARCH_USER")
ELASTICSEARCH_PASSWORD = environment.text("ELASTICSEARCH_PASSWORD")
ELASTICSEARCH_API_KEY = environment.text("ELASTICSEARCH_API_KEY")
ELASTICSEARCH_CA_FILE = environment.text("ELASTICSEARCH_CA_FILE")
# Of one question. The page as a whole must not take longer than a second and a half, the stand-in included.
ELASTICSEARCH_TIMEOUT = environment.decimal("ELASTICSEARCH_TIMEOUT", 0.8)
ELASTICSEARCH_PREFIX = environment.text("ELASTICSEARCH_PREFIX", "minhbach")
ELASTICSEARCH_SHARDS = environment.number("ELASTICSEARCH_SHARDS", 1)
ELASTICSEARCH_REPLICAS = environment.number("ELASTICSEARCH_REPLICAS", 0)
# Wagtail's own search serves its back office only; the public search is ours.
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
# What people ask is kept without a trace of who asked, for thirteen months (docs/search.md); off keeps nothing.
SEARCH_INSIGHTS = environment.flag("SEARCH_INSIGHTS", True)
