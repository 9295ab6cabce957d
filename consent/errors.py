"""What consent, the gate and the keys refuse."""

from __future__ import annotations

from audit.errors import DomainError, Refused


class ConsentRequired(Refused):
    """No live consent of this person for this purpose; ask them, or do it without."""

    code = "consent_required"


class ConsentBarred(ConsentRequired):
    """The consent stands, but what hangs on it is only kept for now, not used."""

    code = "consent_barred"


class AssessmentRequired(Refused):
    """The purpose has no approved, current impact assessment at this site."""

    code = "assessment_required"


class MatchingTooWide(Refused):
    """A face would be compared more widely than the rules or the assessment allow."""

    code = "matching_too_wide"


class GalleryMoved(DomainError):
    """Whoever may be searched changed since the caller looked; look again."""

    code = "gallery_moved"


class PurposeStopped(Refused):
    """The stop switch of the site is on for this purpose; do it without."""

    code = "purpose_stopped"


class FilingInvalid(DomainError):
    """A filing was recorded before, or its day or number cannot be."""

    code = "filing_invalid"


class SiteClosed(DomainError):
    """The site is closed for good: nothing begins there any more."""

    code = "site_closed"


class ClosingOwnApproval(DomainError):
    """Who asked for the closing of a site may not approve it."""

    code = "closing_own_approval"


class ClosingSettled(DomainError):
    """The closing of the site was approved or dropped already."""

    code = "closing_settled"


class ClosingIncomplete(DomainError):
    """Something is held at the site still; each argument names one count."""

    code = "closing_incomplete"


class StopOwnRelease(DomainError):
    """What an authority or a court ordered is let go of by another person."""

    code = "stop_own_release"


class DeviceRequired(Refused):
    """This kiosk's camera is not approved, or no longer; no capture begins there."""

    code = "device_required"


class PartyRequired(Refused):
    """Whoever should be told is no approved party, or not for this and these data."""

    code = "party_required"


class PermitMisused(Refused):
    """A permit was used after its block, for another purpose, person or kiosk."""

    code = "permit_misused"


class PresenceRequired(DomainError):
    """A result of a use whose presence check was asked for and not passed."""

    code = "presence_required"


class ConsentEnded(Refused):
    """The consent ended between the start of the use and its result."""

    code = "consent_ended"


class UseClosed(DomainError):
    """The use was closed already: stopped, timed out or answered. Start again."""

    code = "use_closed"


class CodeInvalid(DomainError):
    """The kiosk's code is unknown."""

    code = "code_invalid"


class CodeStale(DomainError):
    """The kiosk's code is older than it may be; scan the one on the screen now."""

    code = "code_stale"


class CodeUsed(DomainError):
    """The kiosk's code was opened by another phone already."""

    code = "code_used"


class WalkOver(DomainError):
    """The walk is finished, or its half hour is over; start again at the kiosk."""

    code = "walk_over"


class StepOutOfOrder(DomainError):
    """A step of the walk was sent before the one that it needs."""

    code = "step_out_of_order"


class PaperUnknown(DomainError):
    """The code of a printed notice is unknown, used, or older than half an hour."""

    code = "paper_unknown"


class ConsentNotOwn(DomainError):
    """Nobody but the person themself, or a child's guardian, gives their consent."""

    code = "consent_not_own"


class PassUnknown(DomainError):
    """No living pass has this code."""

    code = "pass_unknown"


class LinkUnknown(DomainError):
    """No living link to a visitor's own page has this token."""

    code = "link_unknown"


class KioskUnknown(DomainError):
    """This browser is not paired as a kiosk, or its pairing code is not valid."""

    code = "kiosk_unknown"


class KeyMissing(DomainError):
    """The key of a consent is not in the key store: what it opened is gone."""

    code = "key_missing"


class KeysUnavailable(DomainError):
    """Where the keys lie cannot be reached, so nothing is known; nothing was kept."""

    code = "keys_unavailable"


class RulesMissing(DomainError):
    """The site has no rules in force, so nothing may be collected."""

    code = "rules_missing"


class RulesInvalid(DomainError):
    """A rules document lacks a field that has to be published."""

    code = "rules_invalid"


class RulesUnfit(DomainError):
    """A rules document says what no published rules may say; nothing was published.

    Each argument is the code and the path of one finding (`consent.lint`).
    """

    code = "rules_unfit"


class AssessmentInvalid(DomainError):
    """An impact assessment lacks a part that the law asks for; its path is named."""

    code = "assessment_invalid"


class DraftSettled(DomainError):
    """A draft was submitted or decided already; go on from it with a new one."""

    code = "draft_settled"


class DraftNotSubmitted(DomainError):
    """A draft is not submitted yet, so there is nothing to decide."""

    code = "draft_not_submitted"


class DraftOwnApproval(DomainError):
    """Who wrote a draft asked to approve it; another person does."""

    code = "draft_own_approval"


class DraftOfAnother(DomainError):
    """A draft is changed by who wrote it; others go on from it with one of theirs."""

    code = "draft_of_another"


class NoticeChanged(DomainError):
    """The rules changed while somebody answered the form; it is shown them anew."""

    code = "notice_changed"


class RequestUnknown(DomainError):
    """No request of this person, or none that this code opens."""

    code = "request_unknown"


class RequestAnswered(DomainError):
    """The request has its answer already; there is one."""

    code = "request_answered"


class ReasonRequired(DomainError):
    """What is not granted wholly needs a reason, and what is granted has none."""

    code = "reason_required"


class OperatorExists(DomainError):
    """This database has its operator already; one database serves one."""

    code = "operator_exists"


class FieldsUnknown(DomainError):
    """A form came with a field that it does not have; nothing of it was taken."""

    code = "fields_unknown"


class AttemptsTooMany(DomainError):
    """Too many wrong codes in a short time; the desk helps."""

    code = "attempts_too_many"


class PictureInvalid(DomainError):
    """What was handed in is no usable picture; its first argument says why."""

    code = "picture_invalid"


class PlaceForbidden(DomainError):
    """No camera stands in a private room, whoever approves it."""

    code = "place_forbidden"


class LocalCameraUnset(DomainError):
    """The settings name no camera of this machine, so none can be registered."""

    code = "local_camera_unset"


class LocalCameraTaken(DomainError):
    """The machine's one camera is registered for a kiosk; it films before no other."""

    code = "local_camera_taken"


class RegisterKnown(DomainError):
    """The register has this code, or this kiosk's camera, already."""

    code = "register_known"


class RegisterOwnApproval(DomainError):
    """Nobody approves what they asked for themselves."""

    code = "register_own_approval"


class RegisterSettled(DomainError):
    """The entry was approved, revoked or ended already, or it is unknown."""

    code = "register_settled"


class PartyInvalid(DomainError):
    """A term of a party is missing or does not fit; its name is the first argument."""

    code = "party_invalid"


class CertificateRequired(DomainError):
    """A processor is closed only by its certificate of deletion."""

    code = "certificate_required"
