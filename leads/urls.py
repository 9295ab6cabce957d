"""Addresses of a visit's end, of the kiosk, and of the staff's pages."""

from __future__ import annotations

from django.urls import path

from leads.views import (
    again,
    asking,
    capture,
    desk,
    figures,
    kiosk,
    lost,
    me,
    papers,
    returning,
    walks,
)

app_name = "leads"

urlpatterns = [
    path("visit/details/", walks.details, name="details"),
    path("visit/done/", walks.done, name="done"),
    path("visit/camera/", walks.camera_request, name="camera_request"),
    path("visit/again/", walks.visit_again, name="visit_again"),
    path("me/", me.me, name="me"),
    path("me/link/", me.link_new, name="link_new"),
    path("me/again/", again.again, name="again"),
    path("me/stop/", me.withdraw, name="withdraw"),
    path("me/stop/all/", me.withdraw_all, name="withdraw_all"),
    path("me/stopped/", me.withdrawn, name="withdrawn"),
    path("me/restrict/", asking.restrict, name="restrict"),
    path("me/lift/", asking.lift, name="lift"),
    path("me/ask/", asking.ask, name="ask"),
    path("me/requests/<uuid:name>/", asking.request_shown, name="request"),
    path("me/correct/", asking.correct, name="correct"),
    path("me/copy/", asking.copy, name="copy"),
    path("me/receipts/<uuid:name>/", me.receipt, name="receipt"),
    path("me/receipts/<uuid:name>/print/", me.receipt_print, name="receipt_print"),
    path("kiosk/pair/", kiosk.pair, name="kiosk_pair"),
    path("kiosk/", kiosk.home, name="kiosk_home"),
    path("kiosk/state/", kiosk.state, name="kiosk_state"),
    path("kiosk/here/", kiosk.here, name="kiosk_here"),
    path("kiosk/desk/", kiosk.desk, name="kiosk_desk"),
    path("kiosk/paper/", papers.typed, name="kiosk_paper"),
    path("kiosk/guest/<uuid:name>/", kiosk.at_screen, name="kiosk_guest"),
    path("kiosk/answer/", kiosk.answer, name="kiosk_answer"),
    path("kiosk/forget/", kiosk.forget, name="kiosk_forget"),
    path("kiosk/camera/", capture.start, name="camera_start"),
    path("kiosk/camera/again/", capture.again, name="camera_again"),
    path("kiosk/capture/<uuid:use>/", capture.capture, name="capture"),
    path("kiosk/capture/<uuid:use>/hint/", capture.hint, name="capture_hint"),
    path("kiosk/capture/<uuid:use>/burst/", capture.burst, name="capture_burst"),
    path("kiosk/capture/<uuid:use>/stop/", capture.stop, name="capture_stop"),
    path("kiosk/demo-camera/<int:person>.jpg", capture.demo_frame, name="demo_frame"),
    path("kiosk/return/", returning.ways, name="kiosk_return"),
    path("kiosk/return/pass/", returning.by_pass, name="return_pass"),
    path("kiosk/return/phone/", returning.by_phone, name="return_phone"),
    path("kiosk/return/face/", returning.by_face, name="return_face"),
    path(
        "kiosk/return/face/consent/", returning.compare_consent, name="return_consent"
    ),
    path("kiosk/return/face/yes/", returning.confirm_yes, name="confirm_yes"),
    path("kiosk/return/face/no/", returning.confirm_no, name="confirm_no"),
    path("desk/", desk.desk, name="desk"),
    path("desk/link/", lost.lost_link, name="lost_link"),
    path("desk/rows/", desk.rows, name="desk_rows"),
    path("desk/checkin/", desk.checkin, name="desk_checkin"),
    path("desk/paper/", papers.issue, name="paper_issue"),
    path("desk/paper/<uuid:name>/", papers.sheet, name="paper"),
    path("desk/visits/<uuid:name>/contact/", desk.reveal, name="desk_reveal"),
    path("desk/referrals/new/", desk.referral_new, name="referral_new"),
    path("desk/referrals/<uuid:name>/", desk.referral_done, name="referral_done"),
    path("decisions/<uuid:name>/", figures.decision, name="decision"),
    path("channels/", figures.channels, name="channels"),
]
