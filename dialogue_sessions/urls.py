"""The public addresses of dialogues and reception days, below /lich/."""

from django.urls import path

from . import screen

app_name = "dialogue_sessions"
urlpatterns = [
    # The day itself.
    path("<slug:slug>/man-hinh/", screen.screen, name="screen"),
]
