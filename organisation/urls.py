"""The public pages of units."""

from django.urls import path

from . import views

app_name = "organisation"
urlpatterns = [
    path("co-quan/", views.units, name="units"),
    path("co-quan/<slug:slug>/", views.unit, name="unit"),
]
