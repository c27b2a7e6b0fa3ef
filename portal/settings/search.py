"""Search: where the local mirror lives, and Elasticsearch when there is one."""

from portal import environment

SEARCH_LOCAL_INDEX = environment.var_folder() / "search"
ELASTICSEARCH_URL = environment.text("ELASTICSEARCH_URL")
# Wagtail's own search serves its back office only; the public search is ours.
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
