"""Addresses of the catalogue, under /thu-tuc/. They stand in printed QR codes and never change."""

from django.urls import path, re_path

from . import named_views, section_views, views
from .feeds import ChangesFeed, FieldFeed, NewFeed, ProcedureFeed

app_name = "procedures_catalog"
CODE = r"(?P<code>[1-9]\.\d{6})"
urlpatterns = [
    path("", views.procedure_list, name="list"),
    path("thay-doi.atom", ChangesFeed(), name="changes"),
    path("moi.atom", NewFeed(), name="new"),
    path("linh-vuc/<slug:slug>/thay-doi.atom", FieldFeed(), name="field_changes"),
    re_path(r"^mau/(?P<key>[0-9a-f]{16})/$", named_views.form_page, name="form"),
    path("van-ban/<int:pk>/", named_views.document_page, name="legal_document"),
    path("quyet-dinh/<int:pk>/", named_views.decision_page, name="decision"),
    re_path(rf"^{CODE}/thay-doi\.atom$", ProcedureFeed(), name="procedure_changes"),
    re_path(rf"^{CODE}/$", views.procedure_page, name="procedure"),
    re_path(rf"^{CODE}/in/$", views.print_page, name="print"),
    re_path(rf"^{CODE}/qr\.svg$", views.qr_code, name="qr"),
    re_path(rf"^{CODE}/thay-doi/$", views.difference_page, name="difference"),
    re_path(rf"^{CODE}/(?P<part>[a-z]+-[a-z]+(?:-[a-z]+)?)/$", section_views.section_page, name="section"),
    re_path(r"^(?P<code>[1-9]\.\d{6}\.\d{3}\.\d{2}\.\d{2}\.[A-Y]\d{2})/$", views.code_redirect, name="long-code"),
]
