"""One word for each purpose, for tables and lists."""

from __future__ import annotations

from audit.say import Say
from consent.purposes import Purpose

PURPOSES: dict[str, Say] = {
    Purpose.CONTACT: Say("联系方式", "contact"),
    Purpose.ATTRIBUTION: Say("渠道", "channel"),
    Purpose.CHANNEL_DISCLOSE: Say("告知渠道", "telling the channel"),
    Purpose.FACE_CHECKIN: Say("用脸登记", "face check-in"),
    Purpose.FACE_ATTRIBUTION: Say("用脸归属", "face for the channel"),
    Purpose.MARKETING_SMS: Say("短信", "SMS"),
    Purpose.MARKETING_CALL: Say("电话", "calls"),
}

REVISED: dict[str, Say] = {
    "confirmed": Say("客人确认了一条报备", "The visitor confirmed a referral"),
    "denied": Say("客人否认了一条报备", "The visitor denied a referral"),
    "new_number": Say("客人确认换过号码", "The visitor confirmed a changed number"),
    "family": Say("证明了亲属关系", "A family relation was shown"),
    "merged": Say("两份记录并成了一位客人", "Two records became one person"),
    "unmerged": Say("一位客人分回了两份记录", "One person became two records again"),
    "face_link": Say(
        "客人另行同意后，人脸认出是同一人",
        "Under a consent of its own, a face said it is one person",
    ),
    "face_withdrawn": Say(
        "客人收回了用人脸作依据的同意",
        "The visitor withdrew the consent to a face as evidence",
    ),
    "deal": Say("客人认购了", "The visitor subscribed"),
    "ruling": Say("由人作了裁定", "A person ruled"),
}
"""Why a decision was superseded, by `Decision.Reason`."""
