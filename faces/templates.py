"""Templates at rest: sealed with the consent's key, bound to whose and which model."""

from __future__ import annotations

import numpy as np

from consent import keys
from consent.models import Consent
from faces.matching import EMBEDDING_LENGTH, Embedding
from faces.models import FaceTemplate

_FORM = np.dtype("<f8")


def template_seal(*, consent: Consent, model: str, embedding: Embedding) -> bytes:
    """Return a template's ciphertext (AES-256-GCM).

    Args:
        consent: whose key seals it; it opens for this consent and model only.
        model: the model's identity.
        embedding: float64, shape (128,).

    Raises:
        KeyMissing: the consent's key is gone.
    """
    return keys.seal(
        consent=consent.id,
        plaintext=embedding.astype(_FORM).tobytes(),
        bound_to=_bound(consent, model),
    )


def template_open(*, consent: Consent, template: FaceTemplate) -> Embedding:
    """Return a stored template, float64, shape (128,). It lives in memory only.

    Raises:
        KeyMissing: the key is gone, or this is another consent's template.
    """
    plain = keys.unseal(
        consent=consent.id,
        sealed=bytes(template.sealed),
        bound_to=_bound(consent, template.model),
    )
    return np.frombuffer(plain, dtype=_FORM, count=EMBEDDING_LENGTH)


def _bound(consent: Consent, model: str) -> str:
    return f"tpl|v1|{consent.subject_id}|{consent.id}|{model}"
