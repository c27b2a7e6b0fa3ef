"""Files of open data, under /so-lieu/du-lieu-mo/: one address each, whatever the reader's language, and for ever."""

from django.urls import path, re_path

from . import views

app_name = "opendata_files"
SLUG, SUFFIX = r"(?P<slug>[a-z0-9-]{1,80})", r"(?P<suffix>csv|json|jsonl\.gz)"
urlpatterns = [
    path("dcat.jsonld", views.dcat, name="dcat"),
    re_path(rf"^{SLUG}\.{SUFFIX}\Z", views.file, name="file"),
    re_path(rf"^{SLUG}/(?P<day>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})\.{SUFFIX}\Z", views.dated, name="dated"),
    re_path(rf"^{SLUG}/schema\.json\Z", views.table, name="table"),
    re_path(rf"^{SLUG}\.csv-metadata\.json\Z", views.csvw, name="csvw"),
]
