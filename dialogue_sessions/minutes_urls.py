"""Addresses of minutes, under /lich/<slug>/."""

from django.urls import path

from . import minutes_views

app_name = "minutes"
urlpatterns = [
    path("<slug:slug>/bien-ban/", minutes_views.minutes, name="minutes"),
    path("<slug:slug>/bien-ban/in/", minutes_views.sheet, name="sheet"),
    path("<slug:slug>/bien-ban.pdf", minutes_views.sheet_pdf, name="sheet_pdf"),
    path("<slug:slug>/bien-ban/gop-y/<str:token>/", minutes_views.correct, name="correct"),
]
