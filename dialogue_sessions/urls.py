"""Addresses of sessions, under /lich/. They stand in printed QR codes and in residents' calendars, and never change."""

from django.urls import path

from . import asking_again, feeds, paper_pages, place, registering, screen, session_views
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
    # Registering and the page of whoever holds a place: kept by nobody.
    path("<slug:slug>/dang-ky/", registering.register, name="register"),
    path("<slug:slug>/xac-nhan/<str:token>/", registering.code, name="code"),
    path("<slug:slug>/xac-nhan/<str:token>/them-gio/", registering.more_time, name="more_time"),
    path("<slug:slug>/cho/<str:token>/", place.place, name="place"),
    path("<slug:slug>/cho/<str:token>/ve.pdf", place.ticket_pdf, name="ticket_pdf"),
    path("<slug:slug>/cho/<str:token>/giay-to/", paper_pages.of_place, name="papers"),
    path("<slug:slug>/cho/<str:token>/cau-hoi/", asking_again.of_place, name="place_question"),
    path("<slug:slug>/cho/<str:token>/<slug:what>/", place.change, name="place_change"),
    # The day itself.
    path("<slug:slug>/man-hinh/", screen.screen, name="screen"),
]
