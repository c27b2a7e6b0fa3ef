"""Addresses of search."""

from django.urls import path

from . import views

app_name = "search"
urlpatterns = [
    path("", views.search, name="search"),
    path("goi-y/", views.suggest, name="suggest"),
    path("chon/", views.choice, name="choice"),
    path("thay-khong/", views.found, name="found"),
    path("cam-on/", views.thanks, name="thanks"),
]
