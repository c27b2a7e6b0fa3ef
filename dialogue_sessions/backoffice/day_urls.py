"""Addresses of the back office for the day itself."""

from django.urls import path

from . import door, running

app_name = "dialogue_sessions_day"
urlpatterns = [
    path("", running.sessions, name="sessions"),
    path("<int:pk>/", running.session, name="session"),
    path("<int:pk>/door/", door.door, name="door"),
    path("<int:pk>/door/send/", door.send, name="send"),
    path("<int:pk>/agenda/", running.agenda_list, name="agenda"),
    path("<int:pk>/agenda/<int:item_pk>/", running.agenda_item, name="agenda_item"),
    path("<int:pk>/delay/", running.delay, name="delay"),
    path("<int:pk>/attendance.csv", running.attendance_file, name="file"),
]
