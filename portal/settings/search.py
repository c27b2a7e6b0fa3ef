"""Search: where the local mirror lives. The address of an Elasticsearch is read and not used yet."""

from portal import environment

SEARCH_LOCAL_INDEX = environment.var_folder() / "search"
ELASTICSEARCH_URL = environment.text("ELASTICSEARCH_URL")
# Wagtail's own search serves its back office only; the public search is ours.
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
# What people ask is kept without a trace of who asked, for thirteen months (docs/search.md); off keeps nothing.
SEARCH_INSIGHTS = environment.flag("SEARCH_INSIGHTS", True)
