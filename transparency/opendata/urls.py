"""Pages of open data, under /so-lieu/du-lieu-mo/ in both languages."""

from django.urls import path

from . import views

app_name = "opendata"
urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:slug>/", views.dataset, name="dataset"),
]
