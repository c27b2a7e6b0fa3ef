"""The public addresses of sessions, below /lich/."""

from django.urls import path

from . import paper_pages, place, registering

app_name = "dialogue_sessions"
urlpatterns = [
    # Registering and the page of whoever holds a place: kept by nobody.
    path("<slug:slug>/dang-ky/", registering.register, name="register"),
    path("<slug:slug>/xac-nhan/<str:token>/", registering.code, name="code"),
    path("<slug:slug>/xac-nhan/<str:token>/them-gio/", registering.more_time, name="more_time"),
    path("<slug:slug>/cho/<str:token>/", place.place, name="place"),
    path("<slug:slug>/cho/<str:token>/ve.pdf", place.ticket_pdf, name="ticket_pdf"),
    path("<slug:slug>/cho/<str:token>/giay-to/", paper_pages.of_place, name="papers"),
    path("<slug:slug>/cho/<str:token>/<slug:what>/", place.change, name="place_change"),
]
