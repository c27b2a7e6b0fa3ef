"""Addresses of the figures, under /so-lieu/. Those of the files stay: others link to them and fetch them by night."""

from django.urls import path

from . import views

app_name = "transparency"
urlpatterns = [
    path("", views.index, name="index"),
    path("muc-do/", views.levels_page, name="levels"),
    path("muc-do.csv", views.levels_csv, name="levels_csv"),
    path("muc-do-bang.csv", views.levels_table_csv, name="levels_table_csv"),
    path("muc-do-bang.json", views.levels_table_json, name="levels_table_json"),
    path("lo-trinh/", views.roadmap_page, name="roadmap"),
    path("lo-trinh.csv", views.roadmap_csv, name="roadmap_csv"),
    path("lo-trinh.json", views.roadmap_json, name="roadmap_json"),
    path("niem-yet/", views.posting_page, name="posting"),
    path("niem-yet.csv", views.posting_csv, name="posting_csv"),
    path("niem-yet.json", views.posting_json, name="posting_json"),
]
