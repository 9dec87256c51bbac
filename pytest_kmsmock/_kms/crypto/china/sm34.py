"""
SM3 and SM4-GCM: from the installed libraries where they have them, else in pure Python.

Builds of OpenSSL may lack both algorithms, and forks of OpenSSL do. The pure code is not constant
time.
"""

import hashlib
import hmac
from collections.abc import Iterator
from functools import cache

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from pytest_kmsmock._kms.crypto.errors import DecryptionFailed

TAG_LENGTH = 16

_MASK = 0xFFFFFFFF


def sm3(data: bytes) -> bytes:
    """Compute the 32-byte SM3 digest."""
    match _sm3_source():
        case "hashlib":
            return hashlib.new("sm3", data).digest()
        case "cryptography":
            digest = hashes.Hash(hashes.SM3())
            digest.update(data)
            return digest.finalize()
        case _:
            return pure_sm3(data)


@cache
def _sm3_source() -> str:
    try:
        hashlib.new("sm3")
    except ValueError:
        pass
    else:
        return "hashlib"
    try:
        hashes.Hash(hashes.SM3())
    except UnsupportedAlgorithm:
        return "pure"
    return "cryptography"


@cache
def _has_sm4_gcm() -> bool:
    try:
        Cipher(algorithms.SM4(bytes(16)), modes.GCM(bytes(12))).encryptor()
    except UnsupportedAlgorithm:
        return False
    return True


def seal(key: bytes, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
    """Encrypt with SM4-GCM: a 16-byte key, a 12-byte nonce; the 16-byte tag comes last."""
    if not _has_sm4_gcm():
        return pure_seal(key, nonce, plaintext, associated)
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(associated)
    return encryptor.update(plaintext) + encryptor.finalize() + encryptor.tag


def unseal(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    """
    Decrypt what `seal` made.

    Raises:
        DecryptionFailed: the tag does not match.
    """
    if not _has_sm4_gcm():
        return pure_unseal(key, nonce, sealed, associated)
    ciphertext, tag = sealed[:-TAG_LENGTH], sealed[-TAG_LENGTH:]
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(associated)
    try:
        return decryptor.update(ciphertext) + decryptor.finalize()
    except InvalidTag:
        raise DecryptionFailed("the tag does not match") from None


def _rotate(word: int, count: int) -> int:
    count &= 31
    return (word << count | word >> (32 - count)) & _MASK


def _words(data: bytes) -> list[int]:
    return [int.from_bytes(data[i : i + 4], "big") for i in range(0, len(data), 4)]


def _blocks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[i : i + size] for i in range(0, len(data), size))


_SM3_START = bytes.fromhex("7380166f4914b2b9172442d7da8a0600a96f30bc163138aae38dee4db0fb0e4e")


def pure_sm3(data: bytes) -> bytes:
    """Compute SM3 (GB/T 32905) without a library."""
    padding = b"\x80" + bytes((55 - len(data)) % 64) + (len(data) * 8).to_bytes(8, "big")
    state = _words(_SM3_START)
    for block in _blocks(data + padding, 64):
        state = [old ^ new for old, new in zip(state, _sm3_rounds(state, block), strict=True)]
    return b"".join(word.to_bytes(4, "big") for word in state)


def _sm3_rounds(state: list[int], block: bytes) -> tuple[int, ...]:
    w = _words(block)
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ _rotate(w[j - 3], 15)
        x ^= _rotate(x, 15) ^ _rotate(x, 23)
        w.append(x ^ _rotate(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        constant = 0x79CC4519 if j < 16 else 0x7A879D8A
        ss1 = _rotate(_rotate(a, 12) + e + _rotate(constant, j) & _MASK, 7)
        ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
        gg = e ^ f ^ g if j < 16 else (e & f) | (~e & _MASK & g)
        tt1 = ff + d + (ss1 ^ _rotate(a, 12)) + (w[j] ^ w[j + 4]) & _MASK
        tt2 = gg + h + ss1 + w[j] & _MASK
        a, b, c, d = tt1, a, _rotate(b, 9), c
        e, f, g, h = tt2 ^ _rotate(tt2, 9) ^ _rotate(tt2, 17), e, _rotate(f, 19), g
    return a, b, c, d, e, f, g, h


_SBOX = bytes.fromhex(
    "d690e9fecce13db716b614c228fb2c052b679a762abe04c3aa44132649860699"
    "9c4250f491ef987a33540b43edcfac62e4b31ca9c908e89580df94fa758f3fa6"
    "4707a7fcf37317ba83593c19e6854fa8686b81b27164da8bf8eb0f4b70569d35"
    "1e240e5e6358d1a225227c3b01217887d40046579fd327524c3602e7a0c4c89e"
    "eabf8ad240c738b5a3f7f2cef96115a1e0ae5da49b341a55ad933230f58cb1e3"
    "1df6e22e8266ca60c02923ab0d534e6fd5db3745defd8e2f03ff6a726d6c5b51"
    "8d1baf92bbddbc7f11d95c411f105ad80ac13188a5cd7bbd2d74d012b8e5b4b0"
    "8969974a0c96777e65b9f109c56ec68418f07dec3adc4d2079ee5f3ed7cb3948"
)


def _substitute(x: int) -> int:
    return (
        _SBOX[x >> 24] << 24
        | _SBOX[x >> 16 & 255] << 16
        | _SBOX[x >> 8 & 255] << 8
        | _SBOX[x & 255]
    )


def _sm4_round_keys(key: bytes) -> list[int]:
    system = _words(bytes.fromhex("a3b1bac656aa3350677d9197b27022dc"))
    k = [word ^ mask for word, mask in zip(_words(key), system, strict=True)]
    for i in range(32):
        constant = int.from_bytes(bytes((4 * i + j) * 7 & 255 for j in range(4)), "big")
        x = _substitute(k[-3] ^ k[-2] ^ k[-1] ^ constant)
        k.append(k[-4] ^ x ^ _rotate(x, 13) ^ _rotate(x, 23))
    return k[4:]


def _sm4_block(round_keys: list[int], block: bytes) -> bytes:
    a, b, c, d = _words(block)
    for key in round_keys:
        x = _substitute(b ^ c ^ d ^ key)
        x ^= _rotate(x, 2) ^ _rotate(x, 10) ^ _rotate(x, 18) ^ _rotate(x, 24)
        a, b, c, d = b, c, d, a ^ x
    return b"".join(word.to_bytes(4, "big") for word in (d, c, b, a))


def _ghash(h: int, data: bytes) -> int:
    y = 0
    for block in _blocks(data, 16):
        y ^= int.from_bytes(block, "big")
        product, shifted = 0, h
        for bit in range(127, -1, -1):
            if y >> bit & 1:
                product ^= shifted
            shifted = shifted >> 1 ^ (0xE1 << 120 if shifted & 1 else 0)
        y = product
    return y


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 16)


def _counter_mode(round_keys: list[int], nonce: bytes, data: bytes) -> bytes:
    stream = b"".join(
        _sm4_block(round_keys, nonce + counter.to_bytes(4, "big"))
        for counter in range(2, 2 + (len(data) + 15) // 16)
    )
    return bytes(byte ^ mask for byte, mask in zip(data, stream, strict=False))


def _tag(round_keys: list[int], nonce: bytes, ciphertext: bytes, associated: bytes) -> bytes:
    h = int.from_bytes(_sm4_block(round_keys, bytes(16)), "big")
    bits = (len(associated) * 8).to_bytes(8, "big") + (len(ciphertext) * 8).to_bytes(8, "big")
    digest = _ghash(h, _padded(associated) + _padded(ciphertext) + bits)
    mask = int.from_bytes(_sm4_block(round_keys, nonce + b"\0\0\0\1"), "big")
    return (digest ^ mask).to_bytes(16, "big")


def pure_seal(key: bytes, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
    """Do what `seal` does without a library (GB/T 32907, NIST SP 800-38D)."""
    round_keys = _sm4_round_keys(key)
    ciphertext = _counter_mode(round_keys, nonce, plaintext)
    return ciphertext + _tag(round_keys, nonce, ciphertext, associated)


def pure_unseal(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
    """Do what `unseal` does without a library."""
    round_keys = _sm4_round_keys(key)
    ciphertext, tag = sealed[:-TAG_LENGTH], sealed[-TAG_LENGTH:]
    if not hmac.compare_digest(tag, _tag(round_keys, nonce, ciphertext, associated)):
        raise DecryptionFailed("the tag does not match")
    return _counter_mode(round_keys, nonce, ciphertext)
