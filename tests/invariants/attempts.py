"""What each named guard of the database is there for, as one statement it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

EVENT = "(SELECT eid FROM audit_event ORDER BY seq LIMIT 1)"
LOG = "(SELECT log FROM audit_head LIMIT 1)"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What one guard is there for.

    Attributes:
        table: whose guard it is.
        statement: what it refuses; it concerns one row at least.
        before: what makes a row to try it on.
    """

    table: str
    statement: str
    before: Sequence[str] = ()


def again(table: str, **changed: str) -> str:
    """Return the SQL that writes a row of a table once more, with other columns."""
    parts = ["to_jsonb(one)", "jsonb_build_object('id', gen_random_uuid())"]
    parts += [f"jsonb_build_object('{name}', {is_})" for name, is_ in changed.items()]
    if table in ("audit_event", "audit_document"):
        del parts[1]
    return (
        f"INSERT INTO {table} SELECT (jsonb_populate_record(one, {' || '.join(parts)}))"
        f".* FROM {table} one LIMIT 1"
    )


def delete(table: str, *before: str) -> Attempt:
    return Attempt(table=table, statement=f"DELETE FROM {table}", before=before)


def update(table: str, setting: str, *before: str) -> Attempt:
    statement = f"UPDATE {table} SET {setting}"
    return Attempt(table=table, statement=statement, before=before)


def twice(table: str, **changed: str) -> Attempt:
    return Attempt(table=table, statement=again(table, **changed))


CARRIED = (
    "INSERT INTO audit_carried (id, log, prior, eid) VALUES"
    f" (gen_random_uuid(), {LOG}, gen_random_uuid(), {EVENT})"
)
EXPORT = (
    'INSERT INTO audit_export (id, log, "first", "last", redaction, asked_by, asked_at,'
    f" asked_event) VALUES (gen_random_uuid(), {LOG}, 0, 1, 'pseudonymous', 'a', now(),"
    f" {EVENT})"
)
TILE = (
    "INSERT INTO audit_tile (id, log, level, idx, hash) VALUES (gen_random_uuid(),"
    f" {LOG}, 0, 0, 'x')"
)
REFUSAL = (
    "INSERT INTO audit_refusal (id, log, reason, signed_log, signed_size, signed_root,"
    f" found_size, at) VALUES (gen_random_uuid(), {LOG}, 'rewritten', {LOG}, 1, 'x', 1,"
    " now())"
)
SIGNER = (
    "INSERT INTO audit_signer (log, vkeys, size, refused, separated, seen_at) VALUES"
    f" ({LOG}, '', 0, false, false, now()) ON CONFLICT DO NOTHING"
)
SIGNING = (
    "INSERT INTO audit_signing (id, log, size, asked_at) VALUES (gen_random_uuid(),"
    f" {LOG}, 1, now())"
)

RULING = (
    "INSERT INTO leads_ruling (id, decision_id, outcome, channel_id, reason, sha256,"
    ' "by", decides, at, event_id) SELECT gen_random_uuid(), one.id, {outcome},'
    f" {{channel}}, 'nobody_shown', repeat('0', 64), 'st-1', true, now(), {EVENT}"
    " FROM leads_decision one LIMIT 1"
)
RULED = RULING.format(outcome="'walk_in'", channel="NULL")
ANSWER = (
    "INSERT INTO leads_answer (id, visit_id, said, referrals, at, event_id)"
    " SELECT gen_random_uuid(), one.id, 'denied', {referrals}, now(),"
    f" {EVENT} FROM leads_visit one LIMIT 1"
)
ANSWERED = ANSWER.format(referrals="'[]'::jsonb")
SETTLE = "SET CONSTRAINTS ALL IMMEDIATE"
ANOTHER = {"version": "'v-x'", "draft_id": "NULL", "event_id": "NULL"}

ATTEMPTS: dict[str, Attempt] = {
    "audit_carried_once": Attempt(
        table="audit_carried",
        before=[CARRIED],
        statement=again(
            "audit_carried", eid="(SELECT max(eid::text) FROM audit_event)"
        ),
    ),
    "audit_carried_stays": delete("audit_carried", CARRIED),
    "audit_document_fits": Attempt(
        table="audit_document",
        statement="INSERT INTO audit_document (hash, bytes) VALUES"
        " (repeat('0', 64), 'x')",
    ),
    "audit_document_stays": delete("audit_document"),
    "audit_event_number": twice("audit_event", eid="gen_random_uuid()"),
    "audit_export_range": update("audit_export", '"first" = "last" + 1', EXPORT),
    "audit_export_redaction": update("audit_export", "redaction = 'none'", EXPORT),
    "audit_head_one_open": twice("audit_head", log="'another'", closed_at="NULL::text"),
    "audit_head_stays": delete("audit_head"),
    "audit_refusal_fixed": update("audit_refusal", "reason = 'other'", REFUSAL),
    "audit_refusal_stays": delete("audit_refusal", REFUSAL),
    "audit_signer_stays": delete("audit_signer", SIGNER),
    "audit_signing_fixed": update("audit_signing", "size = 2", SIGNING),
    "audit_signing_stays": delete("audit_signing", SIGNING),
    "audit_tile_place": Attempt(
        table="audit_tile", before=[TILE], statement=again("audit_tile")
    ),
    "audit_tile_stays": delete("audit_tile", TILE),
    "consent_assessment_fixed": update(
        "consent_impactassessment", "until = until + interval '1 day'"
    ),
    "consent_assessment_stays": delete("consent_impactassessment"),
    "consent_capturesession_live_consent": update(
        "consent_capturesession", "live = gen_random_uuid()"
    ),
    "consent_destroy_seconds": update("consent_consent", "destroy_s = 86401"),
    "consent_begins": twice("consent_consent", until="now()", granted_at="'-infinity'"),
    "consent_gate": twice("consent_consent"),
    "consent_pagelink_fixed": update("consent_pagelink", "created_at = now()"),
    "consent_live_while_active": update("consent_consent", "live = NULL"),
    "consent_one_live_each": twice("consent_consent"),
    "consent_pass_one_living": twice("consent_pass"),
    "consent_pass_fixed": update("consent_pass", "created_at = now()"),
    "consent_receipt_fixed": delete("consent_receipt"),
    "consent_receipt_in_log": twice("consent_receipt", issued_event_id=EVENT),
    "consent_rules_stay": delete("consent_rules"),
    "consent_stays": delete("consent_consent"),
    "consent_subject_fixed": delete("consent_subject"),
    "consent_term": update("consent_consent", "until = granted_at"),
    "consent_use_closed_whole": update("consent_use", "closed_at = now()"),
    "consent_use_fixed": update("consent_use", "mode = 'compare'"),
    "consent_generation_grows": update("consent_generation", "value = value - 1"),
    "consent_generation_stays": delete("consent_generation"),
    "consent_use_gallery_whole": update("consent_use", "gallery = 1"),
    "consent_use_matching": twice("consent_use", matching="'1:1'"),
    "consent_use_matching_known": update("consent_use", "matching = '2:2'"),
    "consent_use_challenge": twice(
        "consent_use",
        present_at="now()",
        seized_at="now()",
        challenge="jsonb_build_array('left')",
    ),
    "consent_use_present": update(
        "consent_use",
        f"closed_at = now(), closed_event_id = {EVENT}",
        "UPDATE consent_use SET challenge = jsonb_build_array('left')",
    ),
    "consent_use_present_asked": update("consent_use", "present_at = now()"),
    "consent_use_stays": delete("consent_use"),
    "consent_use_two_minutes": update(
        "consent_use", "deadline = opened_at + interval '121 seconds'"
    ),
    "consent_walk_opened_whole": update("consent_walk", "cookie_hash = NULL"),
    "faces_facetemplate_fixed": update("faces_facetemplate", "sealed = 'x'"),
    "faces_template_purpose": update("faces_facetemplate", "purpose = 'contact'"),
    "leads_agent_code": twice("leads_agent"),
    "leads_agent_token": update("leads_agent", "code = 'A 1'"),
    "leads_answer_concerned": Attempt(
        table="leads_answer",
        statement=ANSWER.format(referrals="jsonb_build_array(gen_random_uuid())"),
    ),
    "leads_answer_consented": Attempt(
        table="leads_answer",
        before=[
            "ALTER TABLE consent_consent DISABLE TRIGGER USER",
            "ALTER TABLE consent_consent DROP CONSTRAINT consent_term",
            "UPDATE consent_consent SET until = now() - interval '1 day'",
        ],
        statement=ANSWERED,
    ),
    "leads_answer_fixed": update("leads_answer", "said = 'unsaid'", ANSWERED, SETTLE),
    "leads_answer_in_log": Attempt(table="leads_answer", statement=ANSWERED),
    "leads_answer_said": update("leads_answer", "said = 'maybe'", ANSWERED, SETTLE),
    "leads_attributiondraft_decided_whole": update(
        "leads_attributiondraft", "decided_by = NULL"
    ),
    "leads_attributiondraft_fixed": update("leads_attributiondraft", "author = 'x'"),
    "leads_attributiondraft_stays": delete("leads_attributiondraft"),
    "leads_attributiondraft_two_people": update(
        "leads_attributiondraft", "decided_by = author"
    ),
    "leads_attributionrules_ahead": twice(
        "leads_attributionrules", **ANOTHER, effective_from="audit_now()"
    ),
    "leads_attributionrules_by_two": twice(
        "leads_attributionrules",
        **ANOTHER,
        effective_from="audit_now() + interval '30 days'",
    ),
    "leads_attributionrules_start": twice(
        "leads_attributionrules", **ANOTHER, effective_from="one.effective_from"
    ),
    "leads_attributionrules_fixed": delete("leads_attributionrules"),
    "leads_attributionrules_token": update("leads_attributionrules", "version = ' '"),
    "leads_attributionrules_version": twice("leads_attributionrules"),
    "leads_channel_code": twice("leads_channel"),
    "leads_channel_token": update("leads_channel", "code = 'A 1'"),
    "leads_contact_corrected_in_log": update("leads_contact", f"event_id = {EVENT}"),
    "leads_contact_in_log": twice("leads_contact", event_id=EVENT),
    "leads_contact_purpose": update("leads_contact", "purpose = 'attribution'"),
    "leads_contact_unexpired": Attempt(
        table="leads_contact",
        before=[
            "ALTER TABLE consent_consent DISABLE TRIGGER USER",
            "ALTER TABLE consent_consent DROP CONSTRAINT consent_term",
            "UPDATE consent_consent SET until = now() - interval '1 day'",
        ],
        statement="UPDATE leads_contact SET sealed = 'x'",
    ),
    "leads_decision_channel_named": update("leads_decision", "channel_id = NULL"),
    "leads_decision_consented": Attempt(
        table="leads_decision",
        before=[
            "ALTER TABLE consent_consent DISABLE TRIGGER USER",
            "ALTER TABLE consent_consent DROP CONSTRAINT consent_term",
            "UPDATE consent_consent SET until = now() - interval '1 day'",
        ],
        statement=again("leads_decision", revises_id="one.id", reason="'ruling'"),
    ),
    "leads_decision_in_log": Attempt(
        table="leads_decision",
        statement=again("leads_decision", revises_id="one.id", reason="'ruling'"),
    ),
    "leads_decision_of_visit": Attempt(
        table="leads_decision",
        statement=again(
            "leads_decision",
            revises_id="one.id",
            reason="'ruling'",
            visit_id="gen_random_uuid()",
        ),
    ),
    "leads_decision_one_first": twice("leads_decision"),
    "leads_decision_reason_given": update("leads_decision", "reason = 'ruling'"),
    "leads_decision_fixed": update("leads_decision", "clause = 'A1'"),
    "leads_referral_fixed": update("leads_referral", "received_at = now()"),
    "leads_referral_one_form": update("leads_referral", "number_hash = NULL"),
    "leads_referralmatch_fixed": delete("leads_referralmatch"),
    "leads_referralmatch_once": twice("leads_referralmatch"),
    "leads_ruling_channel_named": update(
        "leads_ruling", "outcome = 'channel'", RULED, SETTLE
    ),
    "leads_ruling_concerned": Attempt(
        table="leads_ruling",
        statement=RULING.format(
            outcome="'channel'",
            channel="(SELECT id FROM leads_channel WHERE code = 'r-1')",
        ),
    ),
    "leads_ruling_fixed": update(
        "leads_ruling", "reason = 'none_theirs'", RULED, SETTLE
    ),
    "leads_ruling_in_log": Attempt(table="leads_ruling", statement=RULED),
    "leads_ruling_reason_known": update(
        "leads_ruling", "reason = 'because'", RULED, SETTLE
    ),
    "leads_ruling_review": Attempt(table="leads_ruling", statement=RULED),
    "leads_visit_fixed": update("leads_visit", "at = now()"),
    "leads_visit_verified_by": update("leads_visit", "verified_by = 'guess'"),
    "salescenter_staff_no_superuser": update(
        "salescenter_staff", "is_superuser = true"
    ),
}
