"""Ed25519 in plain Python, against RFC 8032, `cryptography` and its own traps."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import verifier
from audit.verifier import Fault, L, P, parse_key, signed_by
from tests.packs import Signer

RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
LOW_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]
KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032)
def test_the_vectors_of_the_rfc(
    secret: str, public: str, message: str, signature: str
) -> None:
    said = bytes.fromhex(message)
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    assert key.sign(said).hex() == signature  # they are the RFC's
    assert signed_by(bytes.fromhex(public), said, bytes.fromhex(signature))
    assert not signed_by(bytes.fromhex(public), said + b"x", bytes.fromhex(signature))


def theirs(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@settings(deadline=None, max_examples=60)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_every_signature_of_cryptography_is_good(secret: bytes, said: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(secret)
    public = key.public_key().public_bytes_raw()
    assert signed_by(public, said, key.sign(said))


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 511), st.integers(0, 2))
def test_a_flipped_bit_is_judged_as_by_cryptography(bit: int, where: int) -> None:
    parts = [bytearray(PUBLIC), bytearray(b"a" * 32), bytearray(KEY.sign(b"a" * 32))]
    parts[where][bit // 8 % len(parts[where])] ^= 1 << bit % 8
    public, said, signature = map(bytes, parts)
    assert not signed_by(public, said, signature)
    assert not theirs(public, said, signature)


def test_s_is_below_the_order() -> None:
    signature = KEY.sign(b"x")
    s = int.from_bytes(signature[32:], "little")
    for more in range(1, 8):
        raised = s + more * L
        if raised < 2**256:
            again = signature[:32] + raised.to_bytes(32, "little")
            assert not signed_by(PUBLIC, b"x", again)


@pytest.mark.parametrize("size", [0, 32, 63, 65, 128])
def test_a_signature_has_64_bytes(size: int) -> None:
    assert not signed_by(PUBLIC, b"x", (KEY.sign(b"x") * 2)[:size])
    assert not signed_by(PUBLIC, b"x", KEY.sign(b"x") + b"\x00")


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_has_32_bytes(size: int) -> None:
    assert not signed_by((PUBLIC * 2)[:size], b"x", KEY.sign(b"x"))


@pytest.mark.parametrize("public", LOW_ORDER)
def test_a_key_of_small_order_signs_nothing(public: str) -> None:
    raw = bytes.fromhex(public)
    forged = raw + bytes(32)  # R = A, s = 0: good for one message in eight, or all
    assert not any(signed_by(raw, bytes([n]), forged) for n in range(32))
    assert verifier.public_point(raw) is None


def test_points_have_one_encoding() -> None:
    for y in range(19):
        beyond = (y + P).to_bytes(32, "little")
        assert verifier.public_point(beyond) is None
        signed = beyond[:31] + bytes([beyond[31] | 0x80])
        assert verifier.public_point(signed) is None
    assert verifier.public_point(bytes([2, *[0] * 31])) is None  # not on the curve


def test_a_point_r_has_one_encoding() -> None:
    """R = (0, 1) may be written as y = 1 or y = p + 1; only one is right."""
    for seed in range(20):
        secret = hashlib.sha512(bytes([seed]) * 32).digest()
        a = int.from_bytes(secret[:32], "little") & ((1 << 254) - 8) | (1 << 254)
        public = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        raw = public.public_key().public_bytes_raw()
        for r, good in ((1, True), (1 + P, False)):
            encoded = r.to_bytes(32, "little")
            hashed = hashlib.sha512(encoded + raw + b"m").digest()
            s = int.from_bytes(hashed, "little") * a % L
            signature = encoded + s.to_bytes(32, "little")
            assert signed_by(raw, b"m", signature) is good


def test_keys_are_read_strictly() -> None:
    name = "salescenter/demo-x/1"
    key = Signer(name)
    assert parse_key(key.vkey).vkey == key.vkey
    low = b"\x01" + bytes.fromhex(LOW_ORDER[0])
    low_id = hashlib.sha256(name.encode() + b"\n" + low).hexdigest()[:8]
    other = Signer(name, "other")
    for bad in (
        "",
        name,
        key.vkey[:-1],
        key.vkey + "=",
        key.vkey + "\n",
        key.vkey.replace("salescenter", "salescentre"),
        key.vkey.replace(key.key_id.hex(), other.key_id.hex()),
        key.vkey.replace(key.key_id.hex(), key.key_id.hex().upper() + ""),
        key.vkey.replace("+", " ", 1),
        f"{name}+{low_id}+{base64.b64encode(low).decode()}",
        f"{name}+{key.key_id.hex()}+{base64.b64encode(b'2' + key.public).decode()}",
    ):
        if bad == key.vkey:
            continue  # an id without letters has no upper case
        with pytest.raises(Fault):
            parse_key(bad)
