"""Addresses of questions and of requests for dialogues, under /lich/. `de-nghi` stands before whatever takes a session's name."""

from django.urls import path

from . import question_views as views
from . import request_views

app_name = "questions"
urlpatterns = [
    path("de-nghi/", request_views.requests, name="requests"),
    path("de-nghi/gui/", request_views.ask, name="ask"),
    path("de-nghi/ma/<str:token>/", request_views.prove_signature, name="prove_signature"),
    path("de-nghi/chu-ky/<str:token>/", request_views.own_signature, name="own_signature"),
    path("de-nghi/da-rut/", request_views.signature_withdrawn, name="signature_withdrawn"),
    path("de-nghi/<slug:slug>/", request_views.request_page, name="request"),
    path("de-nghi/<slug:slug>/ky/", request_views.sign, name="sign"),
    path("<slug:slug>/cau-hoi/", views.questions, name="list"),
    path("<slug:slug>/cau-hoi/gui/", views.send, name="send"),
    path("<slug:slug>/cau-hoi/ma/<str:token>/", views.prove, name="prove"),
    path("<slug:slug>/cau-hoi/dong-tinh/<str:token>/", views.prove_support, name="prove_support"),
    path("<slug:slug>/cau-hoi/cua-toi/<str:token>/", views.own_question, name="own_question"),
    path("<slug:slug>/cau-hoi/da-rut/", views.withdrawn, name="withdrawn"),
    path("<slug:slug>/cau-hoi/<int:pk>/", views.question, name="question"),
    path("<slug:slug>/cau-hoi/<int:pk>/dong-tinh/", views.support, name="support"),
    path("<slug:slug>/cau-hoi/<int:pk>/dong-tinh/xong/", views.supported, name="supported"),
]
