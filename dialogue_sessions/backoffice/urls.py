"""Addresses of the back office, under /admin/dialogue-sessions/. Other parts add theirs to `urlpatterns` here."""

from django.urls import path

from .. import paper_pages
from . import board, planner, questions, registrations, requests, series, sessions, writing_down

urlpatterns = [
    path("", board.board, name="board"),
    path("plan/", planner.planner, name="planner"),
    path("series/", sessions.series_list, name="series_list"),
    path("series/<int:pk>/", sessions.series, name="series"),
    path("series/<int:pk>/edit/", series.edit, name="series_edit"),
    path("series/<int:pk>/announce/", sessions.series_announce, name="series_announce"),
    path("series/<int:pk>/cancel/", sessions.series_cancel, name="series_cancel"),
    path("add/", sessions.add, name="add"),
    path("<int:pk>/", sessions.session, name="session"),
    path("<int:pk>/edit/", sessions.edit, name="edit"),
    path("<int:pk>/announce/", sessions.announce, name="announce"),
    path("<int:pk>/move/", sessions.move, name="move"),
    path("<int:pk>/cancel/", sessions.cancel, name="cancel"),
    path("<int:pk>/close/", sessions.close, name="close"),
    path("<int:pk>/reopen/", sessions.reopen, name="reopen"),
    path("<int:pk>/seats/", sessions.pool, name="pool"),
    path("seats/<int:pk>/", sessions.capacity, name="capacity"),
    path("<int:pk>/registrations/", registrations.registrations, name="registrations"),
    path("<int:pk>/registrations/find/", registrations.find, name="registrations_find"),
    path("<int:pk>/registrations/bulk/", registrations.bulk, name="registrations_bulk"),
    path("<int:pk>/registrations/export/", registrations.export, name="registrations_export"),
    path("<int:pk>/papers/", paper_pages.of_session, name="papers"),
    path("registrations/<int:pk>/reveal/", registrations.reveal, name="reveal"),
    # Writing somebody down, and the ticket.
    path("<int:pk>/write-down/", writing_down.write_down, name="write_down"),
    path("registrations/<int:pk>/written-down/", writing_down.written_down, name="written_down"),
    path("registrations/<int:pk>/ticket/", writing_down.ticket, name="ticket"),
    # Questions and requests.
    path("questions/", questions.questions, name="questions"),
    path("questions/bulk/", questions.bulk, name="questions_bulk"),
    path("questions/<int:pk>/", questions.question, name="question"),
    path("requests/", requests.requests, name="requests"),
    path("requests/<int:pk>/", requests.request_page, name="request"),
]
