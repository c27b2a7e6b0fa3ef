"""Addresses of promises, minutes, cases and notices in the back office."""

from django.urls import path

from . import cases, linking, minutes, promises

SESSION = "sessions/<int:session_pk>"
urlpatterns = [
    path("promises/", promises.promises, name="promises"),
    path("promises/new/", promises.new_promise, name="new_promise"),
    path("promises/<int:pk>/", promises.promise, name="promise"),
    path("promises/<int:pk>/<slug:action>/", promises.promise, name="promise_action"),
    path("minutes/", minutes.minutes_list, name="minutes_list"),
    path("corrections/", minutes.corrections, name="corrections"),
    path("corrections/<int:pk>/", minutes.corrections, name="correction"),
    path(f"{SESSION}/minutes/", minutes.minutes, name="minutes"),
    path(f"{SESSION}/minutes/questions/<int:pk>/", linking.line_questions, name="line_questions"),
    path(f"{SESSION}/minutes/<slug:action>/", minutes.minutes, name="minutes_action"),
    path(f"{SESSION}/minutes/<slug:action>/<int:pk>/", minutes.minutes, name="minutes_row"),
    path(f"{SESSION}/cases/", cases.cases, name="cases"),
    path(f"{SESSION}/cases/new/", cases.case, name="new_case"),
    path(f"{SESSION}/cases/<int:pk>/", cases.case, name="case"),
    path(f"{SESSION}/cases/<int:pk>/<slug:action>/", cases.case_action, name="case_action"),
    path(f"{SESSION}/conclusions/new/", cases.conclusion, name="new_conclusion"),
    path(f"{SESSION}/conclusions/<int:pk>/line/", cases.conclusion_line, name="conclusion_line"),
    path(f"{SESSION}/conclusions/<int:pk>/do/<slug:action>/", cases.conclusion_action, name="conclusion_action"),
]
