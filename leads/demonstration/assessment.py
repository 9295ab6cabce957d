"""The demonstration's impact assessment: the four parts the law names, marked as such.

A real site writes its own; this one opens the face purpose of a try-out and nothing
else.
"""

from __future__ import annotations

import json

from leads.demonstration.rules import ASSESSMENT_CODE

_PARTS = {
    "code": ASSESSMENT_CODE,
    "demonstration": "DEMONSTRATION ONLY / 仅供演示：not an assessment of a real site",
    "purpose_and_method": {
        "zh": "目的：来过的客人自愿用人脸再次登记。方式：客人点击后由登记屏拍摄，"
        "只与手机尾号相同者比对（1:少数），结果由本人确认。是否合法、正当、必要："
        "通行码和手机号能达到同样目的，人脸仅为自愿的便利，默认关闭，不作为唯一方式。",
        "en": "Purpose: guests who wish to may check in again with their face. Method:"
        " filmed by the kiosk on the guest's tap, compared only with people of the same"
        " phone ending, confirmed by the guest. Necessity: a pass or a phone number"
        " does the same, so the face is a voluntary convenience, off by default and"
        " never the only way.",
    },
    "effect_on_rights": {
        "zh": "拒绝没有任何影响；撤回一步完成，模板当场删除、密钥随即销毁。",
        "en": "Refusing costs nothing; withdrawing is one step, deletes the template at"
        " once and destroys its key.",
    },
    "risk_and_harm": {
        "zh": "泄露后人脸不可更换。模板与姓名分开存放，每份同意一把密钥，不出本机。",
        "en": "A leaked face cannot be changed. Templates lie apart from names, each"
        " under a key of its own, and never leave the machine.",
    },
    "protection": {
        "zh": "数据库拒绝没有有效同意的模板；每次使用先记录后出结果；记录可由外人核验。",
        "en": "The database refuses a template without a live consent; each use is"
        " logged before its result; a stranger can check the log.",
    },
    "alternatives": {
        "zh": "通行码、手机号、前台登记。",
        "en": "Pass, phone number, the desk.",
    },
}


def content() -> bytes:
    """Return the assessment's text, as it is hashed and kept."""
    return json.dumps(_PARTS, sort_keys=True, ensure_ascii=False).encode()
