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
