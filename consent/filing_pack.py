"""The pack to hand in with a filing of faces: one zip, Chinese, nothing of a person.

Deterministic: the same rules, numbers and devices on the same day give the same bytes.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime

from django.conf import settings

from audit import clock
from audit.documents import document_get
from consent.filings import CHINA, THRESHOLDS, counted
from consent.models import Device, ImpactAssessment, Operator, Rules, Site
from consent.purposes import FACE
from consent.rules import notice
from consent.selectors import sites

CHINESE = "zh-hans"
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
USE = "登记屏（本人按下才拍摄）"
DEVICE_PLACES = {
    "entrance": "入口",
    "reception": "前台",
    "lounge": "休息区",
    "gallery": "展厅",
    "model": "沙盘区",
}
DEVICE_KINDS = {"browser": "登记屏自带摄像头", "local": "接在本机上的摄像头"}
DEVICE_COLUMNS = (
    "案场",
    "设备",
    "登记屏",
    "位置",
    "种类",
    "用途",
    "批准日期",
    "到期日期",
    "状态",
    "拍摄范围图 SHA-256",
    "提示标识照片 SHA-256",
)
PROCEDURES = ("operating", "reliability", "faces", "reception", "compliance")
"""Pages of docs/ that are the procedures in use, handed in as they are."""

BY_HAND = """\
须由经营者自行补充的材料（本系统不保存，也无法生成）：

1. 统一社会信用代码证件影印件
2. 法定代表人有效身份证件影印件
3. 经办人有效身份证件影印件
4. 授权委托书（法定代表人签字并加盖公章）
5. 承诺书（加盖公章）
6. 备案系统要求在线填写的《基本情况表》和《应用情况备案表》
7. 网络安全等级保护备案证明（如有）

提交给所在地省级以上网信部门。提交后，请在本系统“停用与备案”页登记日期和回执号。
"""
PROTECTION = """\
一、数量
截至{day}，本经营者全部案场现存人脸模板 {templates} 个。
一个人在两个案场登记的，计为两个，所以这是人数的上限，不是人数。
按法人主体合计，不按案场或项目分别计算。备案门槛：{threshold} 人。

二、保护措施
1. 只存模板（128 个数字），不存照片；画面只在内存中停留数秒。
2. 每份同意有自己的密钥，模板以它加密；同意一结束，模板同时删除，密钥随后销毁。
3. 密钥与数据库分开存放；封装密钥每天更换，旧的销毁，备份因此在一天内不能再解开。
4. 人脸只在案场自己的机器上处理，不经网络传出，没有任何接口、任务或导出带有人脸。
5. 只与本人所称的少数人比对，不在全部人脸中搜索。
6. 每次收集和使用都先写入防篡改日志，日志以独立钥匙签名，可由外人离线核验。
7. 停用开关一按即停；数据库本身拒绝没有有效同意的模板和比对。
8. 员工账号分角色；任何人都没有跳过同意的权限。
"""
PROCEDURE = """\
操作规程（摘要；全文见本目录其他文件）

1. 告知：来访者在自己手机或登记屏上先看规则；人脸另有一页，单独选择，不选也照常接待。
2. 同意：由本人点选；未满十四周岁不收集人脸。员工不能代为同意。
3. 拍摄：本人按下后摄像头才打开，屏幕上一直显示“摄像头开着”和“停止”。
4. 登记：只有一张脸、光线合适、画面清楚，才生成模板；不合格的画面当即丢弃。
5. 再次到访：本人报尾号并再按一次同意，才与少数人比对；结果由本人确认。
6. 撤回：在个人页或前台随时撤回；模板同时删除，密钥销毁，给回执。
7. 到期：规则写明的期限一到，自动删除。
8. 停用：合规负责人或经理按下停用开关，全部人脸功能立即停止。
9. 事件：按应急流程停用、保全日志、报告主管部门并告知个人。
"""


def filing_pack() -> bytes:
    """Return the pack as it stands today."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in sorted(_files()):
            entry = zipfile.ZipInfo(name, FIXED_TIME)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return whole.getvalue()


def _files() -> Iterator[tuple[str, bytes]]:
    day = clock.now().astimezone(CHINA).date()
    operator = Operator.objects.get()
    published = list(Rules.objects.filter(retired_at=None).order_by("site__code"))
    yield "00-材料清单与须自行补充的材料.txt", BY_HAND.encode()
    yield "01-基本情况.txt", _basics(operator, day).encode()
    yield "02-处理目的和方式.txt", _purposes(published).encode()
    yield "03-数量与安全保护.txt", _numbers(day).encode()
    for rules in published:
        code = rules.site.code
        yield f"04-处理规则/{code}-{rules.sha256}.json", _document(rules.sha256)
        yield f"04-处理规则/{code}-可读.txt", _readable(rules).encode()
    yield "05-操作规程/00-摘要.txt", PROCEDURE.encode()
    for name in PROCEDURES:
        page = settings.BASE_DIR / "docs" / f"{name}.md"
        yield f"05-操作规程/{name}.md", page.read_bytes()
    for found in ImpactAssessment.objects.filter(stale_at=None).order_by("code"):
        yield f"06-影响评估/{found.site.code}-{found.code}", _document(found.sha256)
    yield "07-设备清单.csv", _devices()


def _document(sha256: str) -> bytes:
    content = document_get(sha256=sha256)
    if content is None:
        raise LookupError(sha256)
    return content


def _basics(operator: Operator, day: date) -> str:
    lines = [
        "基本情况",
        "",
        f"个人信息处理者：{operator.legal_name}",
        f"系统内代号：{operator.code}",
        f"材料生成日期：{day}",
    ]
    if operator.demonstration:
        lines.append("演示系统，不得用于真实备案。")
    lines += ["", "案场："]
    lines += [f"- {_place(site)}" for site in sites()]
    return "\n".join([*lines, "", "其余各项见《须自行补充的材料》。", ""])


def _place(site: Site) -> str:
    return f"{site.name_zh}（{site.code}）"


def _purposes(published: list[Rules]) -> str:
    lines = ["应用人脸识别技术的目的和方式（摘自现行规则）"]
    for rules in published:
        words = notice(sha256=rules.sha256, language=CHINESE)
        for row in words["purposes"]:
            if row["id"] not in FACE:
                continue
            lines += ["", f"{_place(rules.site)}：{row['title']}"]
            lines += _lines(row, skip=("id", "title"))
    return "\n".join([*lines, ""])


def _readable(rules: Rules) -> str:
    words = notice(sha256=rules.sha256, language=CHINESE)
    head = [f"个人信息处理规则 {rules.label}", f"指纹（SHA-256）：{rules.sha256}", ""]
    rest = {key: value for key, value in words.items() if key != "purposes"}
    lines = [*head, *_lines(rest)]
    for row in words["purposes"]:
        lines += ["", f"【{row['title']}】", *_lines(row, skip=("title",))]
    return "\n".join([*lines, ""])


def _lines(words: dict[str, object], skip: tuple[str, ...] = ()) -> list[str]:
    """Return each field on a line; a list on one each, a part as its fields."""
    told: list[str] = []
    for key, value in words.items():
        if key in skip or value in (None, "", [], {}):
            continue
        if isinstance(value, dict):
            told += [f"{key}：", *(f"  {line}" for line in _lines(value))]
        elif isinstance(value, (list, tuple)):
            told += [f"{key}：", *(f"  - {one}" for one in value)]
        else:
            told.append(f"{key}：{value}")
    return told


def _numbers(day: date) -> str:
    threshold = next(
        one.number for one in THRESHOLDS if (one.kind, one.step) == ("face", "task")
    )
    return PROTECTION.format(day=day, templates=counted()["face"], threshold=threshold)


def _devices() -> bytes:
    """List the approved devices of the register: none other may take a face."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\r\n")
    writer.writerow(DEVICE_COLUMNS)
    approved = Device.objects.filter(approved_at__isnull=False, revoked_at=None)
    for device in approved.select_related("site", "kiosk").order_by(
        "site__code", "code"
    ):
        until = device.until
        writer.writerow(
            [
                device.site.code,
                device.code,
                device.kiosk.code,
                DEVICE_PLACES[device.place],
                DEVICE_KINDS[device.kind],
                USE,
                _day(device.approved_at),
                _day(until) if until else "未定",
                "已过期" if until and until <= clock.now() else "使用中",
                device.zone_id,
                device.sign_id,
            ]
        )
    # The mark by which spreadsheets know Chinese.
    return b"\xef\xbb\xbf" + table.getvalue().encode()


def _day(moment: datetime | None) -> str:
    return moment.astimezone(CHINA).date().isoformat() if moment else ""
