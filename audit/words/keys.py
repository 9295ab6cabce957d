"""The keys of an event in words: those of every body, and those of its data."""

from __future__ import annotations

from audit.say import Say

BODY_KEYS: dict[str, Say] = {
    "v": Say("格式的版本", "version of the format"),
    "seq": Say("序号，从 0 起不断号", "this event's number; from 0, without a gap"),
    "at": Say("时间（UTC），从不倒退", "when (UTC); never runs backwards"),
    "type": Say("事件的类型", "the kind of event"),
    "clause": Say(
        "依据的条款：公布的规则或法定义务", "the clause it stands on: rules or law"
    ),
    "purpose": Say("处理目的", "the purpose it is for"),
    "site": Say("案场；没有则为经营者整体", "the site; none: the whole operator"),
    "subject": Say("个人的随机代号，不是姓名", "a person, as a random pseudonym"),
    "consent": Say("所依据的同意的序号", "number of the consent relied on"),
    "rules": Say("规则版本的指纹", "fingerprint of the rules it is under"),
    "act": Say("谁做的：代号与角色", "who acted: a code and a role"),
    "data": Say("这类事件特有的内容", "what this kind of event carries"),
}

_KEYS: dict[str, Say] = {
    "agent": Say("经纪人代号", "agent's code"),
    "allowed": Say("准许它的事件", "event that allowed it"),
    "amount": Say("金额（分）", "amount, in 1/100"),
    "author": Say("起草人代号", "code of who drafted it"),
    "authority_told": Say("已报主管部门", "authority was told"),
    "before": Say("早于这个序号", "before this number"),
    "behind_ms": Say("落后的毫秒数", "milliseconds behind"),
    "bodies": Say("正文的份数", "how many bodies"),
    "by": Say("由谁表示", "by whom"),
    "candidates": Say(
        "可能是的人：他们的同意序号", "candidates: their consents' numbers"
    ),
    "gallery": Say("与多少人比对", "compared with how many"),
    "gallery_sha256": Say(
        "这些人的同意序号的指纹", "fingerprint of their consents' numbers"
    ),
    "carried": Say("在前一份日志里的序号", "its number in the log before"),
    "certificate": Say("删除证明的指纹", "fingerprint of the certificate"),
    "channel": Say("渠道代号", "channel's code"),
    "checks": Say("核验的条数", "checks made"),
    "closing": Say("关闭申请的编号", "request to close"),
    "commission": Say("佣金编号", "commission"),
    "commit": Say(
        "加盐的指纹，密钥销毁后无法验证", "salted fingerprint of what was kept"
    ),
    "consent_proof": Say("渠道出示了客户的同意", "client's consent was shown"),
    "consents": Say("随之结束的同意份数", "consents ended with it"),
    "count": Say("数目", "how many"),
    "days": Say("之后的天数", "days after"),
    "deal": Say("交易编号", "deal"),
    "demonstration": Say("仅供演示", "demonstration only"),
    "destroy_s": Say("结束后须销毁的时限（秒）", "seconds to destroy after its end"),
    "device": Say("设备代号", "device's code"),
    "dispute": Say("争议编号", "dispute"),
    "document": Say("文件的指纹", "fingerprint of the document"),
    "due": Say("答复期限", "answer due by"),
    "effective_from": Say("生效时间", "takes effect"),
    "export": Say("导出编号", "export"),
    "filing": Say("备案编号", "filing"),
    "first": Say("第一个序号", "first number"),
    "found_root": Say("现在的根", "root found"),
    "found_size": Say("现在的条数", "size found"),
    "frames": Say("用到的画面数", "frames used"),
    "incident": Say("安全事件编号", "incident"),
    "kind": Say("种类", "kind"),
    "kiosk": Say("登记屏代号", "kiosk's code"),
    "language": Say("所看说明的语言", "language of the notice"),
    "last": Say("最后一个序号", "last number"),
    "link": Say("哪一种", "which"),
    "list": Say("名单编号", "list"),
    "manifest": Say("清单的指纹", "fingerprint of the manifest"),
    "material": Say("旧同意不包含的目的", "purposes no older consent covers"),
    "masked": Say("号码打了码", "number was masked"),
    "medium": Say("途径", "medium"),
    "merged": Say("所撤销的合并", "the joining undone"),
    "message": Say("消息编号", "message"),
    "model": Say("人脸模型", "face model"),
    "new": Say("新的公钥", "new public key"),
    "old": Say("旧的公钥", "old public key"),
    "once": Say("只用一次", "for one time only"),
    "order": Say("先后", "order"),
    "other": Say("并入的代号", "pseudonym that joins"),
    "outcome": Say("结果", "outcome"),
    "party": Say("合作方代号", "party's code"),
    "persons": Say("涉及人数", "persons concerned"),
    "persons_told": Say("已告知个人", "persons were told"),
    "prior": Say("前一版的指纹", "fingerprint of the version before"),
    "prior_log": Say("前一份日志", "log before this"),
    "prior_root": Say("前一份日志的根", "its root"),
    "prior_size": Say("前一份日志的条数", "its size"),
    "purposes": Say("目的", "purposes"),
    "answer": Say("回答", "answer"),
    "referrals": Say("报备编号", "referrals"),
    "reason": Say("原因", "reason"),
    "reasons": Say("理由全文的指纹", "fingerprint of the reasons"),
    "recipient": Say("接收方代号", "recipient's code"),
    "redaction": Say("是否可识别个人", "whether it identifies people"),
    "referral": Say("报备编号", "referral"),
    "report": Say("报告的指纹", "fingerprint of the report"),
    "request": Say("请求编号", "request"),
    "revises": Say("所改判的事件", "the decision revised"),
    "role": Say("身份", "role"),
    "rows": Say("条数", "rows"),
    "scope": Say("范围", "scope"),
    "score": Say("比对得分（万分之一）", "score, in 1/10000"),
    "receipt": Say("回执的编号", "number of the receipt"),
    "screen": Say("哪一屏", "which screen"),
    "sha256": Say("文本的指纹", "fingerprint of the text"),
    "sign": Say("告示照片的指纹", "fingerprint of its sign"),
    "signed_root": Say("签过的根", "root signed before"),
    "signed_size": Say("签过的条数", "size signed before"),
    "sites": Say("案场", "sites"),
    "size": Say("日志的条数", "size of the log"),
    "stage": Say("阶段", "stage"),
    "start": Say("它所结束的开始", "the start that it ends"),
    "state": Say("状态", "state"),
    "step": Say("哪一步", "which step"),
    "stop": Say("所解除的停用", "the stop it lifts"),
    "supplier": Say("提供方代号", "supplier's code"),
    "surface": Say("在哪里", "where"),
    "taken_at": Say("备份的时间", "when the backup was taken"),
    "templates": Say("还在的人脸模板数", "face templates left"),
    "text": Say("文字的指纹", "fingerprint of the words"),
    "until": Say("到什么时候为止", "until when"),
    "verdict": Say("比对结果", "result"),
    "verified_by": Say("怎样确认的", "verified by"),
    "version": Say("归属规则版本", "version of the attribution rules"),
    "view": Say("看的是哪一页", "which page"),
    "violations": Say("不符的条数", "violations"),
    "visit": Say("到访编号", "visit"),
    "what": Say("什么", "what"),
    "zone": Say("可视范围图的指纹", "fingerprint of what it sees"),
}


def body_key_words(key: str) -> Say:
    """Return what a key of every body means; an unknown one as it is."""
    return BODY_KEYS.get(key, Say(key, key))


def key_words(key: str) -> Say:
    """Return what a key of an event's data means; an unknown one as it is."""
    return _KEYS.get(key, Say(key, key))
