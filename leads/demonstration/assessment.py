"""The demonstration's impact assessment: the four parts the law names, marked as such.

A real site writes its own; this one opens the face purpose of a try-out and nothing
else.
"""

from __future__ import annotations

from typing import Any

from consent.purposes import Purpose
from leads.demonstration.rules import ASSESSMENT_CODE, DAYS

VALID_DAYS = 365


def document() -> dict[str, Any]:
    """Return the assessment of the demonstration site."""
    return {
        "code": ASSESSMENT_CODE,
        "demonstration": True,
        "valid_days": VALID_DAYS,
        "purposes": {
            Purpose.FACE_CHECKIN: {
                "retention_days": DAYS[Purpose.FACE_CHECKIN],
                "matching": "1:few",
            }
        },
        "languages": {"zh-hans": _CHINESE, "en": _ENGLISH},
    }


_CHINESE = {
    "purpose_and_method": "仅供演示，不是真实案场的评估。目的：来过的客人自愿用人脸再次登记。方式：客人点击后由登记屏拍摄，只与手机尾号相同者比对（1:少数），结果由本人确认。是否合法、正当、必要：通行码和手机号能达到同样目的，人脸仅为自愿的便利，默认关闭，不作为唯一方式。",
    "effect_on_rights": "拒绝没有任何影响；撤回一步完成，模板当场删除、密钥随即销毁。算错时可能认不出本人，或请本人再确认；结果不用于判断渠道。",
    "risk_and_harm": "泄露后人脸不可更换。模板与姓名分开存放，每份同意一把密钥，不出本机；非法取得一份数据库副本，打不开任何模板。",
    "protection": "数据库拒绝没有有效同意的模板；每次使用先记录后出结果；记录可由外人核验。这些措施与风险相称。",
    "alternatives": [
        "通行码：同样快，不用人脸。",
        "手机号：本人报出即可。",
        "前台登记：不需要手机。",
    ],
    "conclusion": "在默认关闭、单独同意、只比对少数人的条件下可以使用；满一年、目的或方式改变、或发生安全事件时重新评估。",
}
_ENGLISH = {
    "purpose_and_method": "Demonstration only, not an assessment of a real site. Purpose: guests who wish to may check in again with their face. Method: filmed by the kiosk on the guest's tap, compared only with people of the same phone ending, confirmed by the guest. Necessity: a pass or a phone number does the same, so the face is a voluntary convenience, off by default and never the only way.",
    "effect_on_rights": "Refusing costs nothing; withdrawing is one step, deletes the template at once and destroys its key. An error means that a guest is not recognised or is asked again; no channel is decided by it.",
    "risk_and_harm": "A leaked face cannot be changed. Templates lie apart from names, each under a key of its own, and never leave the machine; a stolen copy of the database opens none.",
    "protection": "The database refuses a template without a live consent; each use is logged before its result; a stranger can check the log. This is in proportion to the risk.",
    "alternatives": [
        "A pass: as quick, and no face.",
        "A phone number, spoken or typed.",
        "The desk: no phone is needed.",
    ],
    "conclusion": "May be used while it is off by default, asked for separately and compared with a few; assessed again after a year, when purpose or method changes, or after an incident.",
}
