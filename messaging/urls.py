"""The public addresses of messaging."""

from django.urls import path

from . import views

app_name = "messaging"
urlpatterns = [
    path("tin-nhan/ngung/<str:token>/", views.stop, name="stop"),
]
