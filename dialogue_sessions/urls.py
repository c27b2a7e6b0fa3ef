"""Addresses of sessions, under /lich/. They stand in printed QR codes and in residents' calendars, and never change."""

from django.urls import path

from . import feeds, session_views
from .agenda import views as agenda

app_name = "dialogue_sessions"
urlpatterns = [
    path("", agenda.calendar, name="calendar"),
    path("lich.ics", feeds.calendar_ics, name="ics"),
    path("lich.atom", feeds.SessionsFeed(), name="feed"),
    path("hen/<slug:unit>/<str:day>/", agenda.slots, name="slots"),
    path("<slug:slug>/", session_views.session, name="session"),
    path("<slug:slug>/lich.ics", feeds.session_ics, name="session_ics"),
    path("<slug:slug>/cho/", session_views.free_seats, name="seats"),
    path("<slug:slug>/to-roi/", session_views.poster, name="poster"),
    path("<slug:slug>/to-roi.pdf", session_views.poster_pdf, name="poster_pdf"),
]
