"""Mutants of files: of their bytes, and of what their bytes mean, with lengths and digests made to fit again."""

from __future__ import annotations

import copy
import io
import json
import random
import re
import warnings
import zipfile

from certify.certificate.exact_json import digest_of
from certify.certificate.lines import spelled

NUMBERS = (0, 1, 2, 3, 7, 255, 2**16, 2**31 - 1, 2**32, 2**53, 2**63 - 1, 2**63, 2**64, 10**30, -1, -(2**63))
TEXTS = (
    "", "F32", "F64", "BF16", "I64", "layers.0", "layers.0.weight", "layers.1.weight", "a\x1b[31m", "\u202eb", "\ud800",
    "x" * 300, "../../etc/passwd", "/dev/zero", "a" * 5000, "0x1p-1", "inf", "-inf", "nan", "0x0.0p+0", "CERTIFIED",
    "REFUTED", "9" * 400, "1/0", "٣", "[]", "\0", "<f8", "|O", "layers.99999999999999999999", "layer layers.0", "1e9",
)  # fmt: skip
TOKENS = (
    b"{", b"}", b"[", b"]", b'"', b"'", b",", b":", b"=", b"\n", b"\\", b"[[layers]]\n", b"edges", b"tensor = ",
    b"'''", b'"""', b".", b"#", b"1e999", b"NaN", b"null", b"\xff", b"\x80\x04", b"PK\x03\x04",
    b"PK\x05\x06", b"\x93NUMPY", b"true",
)  # fmt: skip
_WORD = re.compile(rb"[0-9]+|[A-Za-z_.]+|[^\w\s]")


def of_bytes(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Bits, bytes and pieces changed, cut, doubled, moved, and taken from another file."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        size = len(found)
        i, j = sorted((rng.randrange(size + 1), rng.randrange(size + 1)))
        j = min(j, i + rng.choice((1, 4, 64, size)))
        kind = rng.randrange(9)
        if kind == 0 and size:
            found[rng.randrange(size)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del found[i:j]
        elif kind == 2:
            found[i:i] = found[i:j]
        elif kind == 3:
            found[i:j] = rng.randbytes(j - i) if j - i < 4096 else b""
        elif kind == 4:
            del found[i:]
        elif kind == 5:
            width = rng.choice((1, 2, 4, 8))
            found[i : i + width] = (rng.choice(NUMBERS) % 256**width).to_bytes(width, rng.choice(("little", "big")))
        elif kind == 6:
            found[i:i] = rng.choice(TOKENS) * rng.choice((1, 1, 2, 50))
        elif kind == 7:
            other = rng.choice(others)
            start = rng.randrange(len(other) + 1)
            found[i:j] = other[start : start + rng.choice((4, 64, 1024))]
        else:
            words = list(_WORD.finditer(bytes(found[i : i + 4096])))
            if words:
                word = rng.choice(words)
                new = rng.choice((str(rng.choice(NUMBERS)).encode(), rng.choice(TOKENS)))
                found[i + word.start() : i + word.end()] = new
    return bytes(found)


def _places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for key, item in value.items():
            found += _places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value[:64]):
            found += _places(item, (*path, index))
    return found


def of_tree(value: object, rng: random.Random) -> object:
    """Fields and items of a JSON value replaced, taken out, doubled, added, exchanged and renamed."""
    value = copy.deepcopy(value)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        places = _places(value)
        if not places:
            return value
        *steps, last = rng.choice(places)
        target = value
        for step in steps:
            target = target[step]
        kind = rng.randrange(7)
        if kind <= 2:
            target[last] = _leaf(target[last], rng)
        elif kind == 3:
            del target[last]
        elif kind == 4:
            if isinstance(target, list):
                target.insert(last, copy.deepcopy(target[last]))
            else:
                target[rng.choice(TEXTS)] = copy.deepcopy(target[last])
        elif kind == 5 and isinstance(target, dict):
            target[rng.choice((*TEXTS, *target))] = target.pop(last)
        else:
            other = rng.choice(list(target) if isinstance(target, dict) else range(len(target)))
            target[last], target[other] = target[other], target[last]
    return value


def _leaf(old: object, rng: random.Random) -> object:
    if isinstance(old, int) and not isinstance(old, bool) and rng.random() < 0.5:
        return old + rng.choice((-1, 1, 8, 2**20))
    if isinstance(old, str) and old.startswith(("0x", "-0x")) and rng.random() < 0.6:
        number = float.fromhex(old)
        return rng.choice((-number, number * 2, number + 1e-9, number * (1 + 2**-50), 0.0)).hex()
    kind = rng.randrange(4)
    if kind == 0:
        return rng.choice(NUMBERS)
    if kind == 1:
        return rng.choice(TEXTS)
    if kind == 2:
        return rng.choice((None, True, False, [], {}, [[]], {"": []}, 1.5, [0] * 100, [rng.choice(NUMBERS)] * 2))
    deep: object = old
    for _ in range(rng.choice((1, 3, 20))):
        deep = [deep]
    return deep


def safetensors(data: bytes, rng: random.Random) -> bytes:
    """A header that was altered, with a length that fits; the data is lengthened or cut now and then."""
    length = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    text = json.dumps(of_tree(header, rng)).encode()
    if rng.random() < 0.2:
        body = body * 2 if rng.random() < 0.5 else body[: rng.randrange(len(body) + 1)]
    return len(text).to_bytes(8, "little") + text + body


def npy(data: bytes, rng: random.Random) -> bytes:
    """A header with other words and numbers, and a length that fits."""
    length = int.from_bytes(data[8:10], "little")
    header, body = data[10 : 10 + length], data[10 + length :]
    words = list(re.finditer(rb"\d+|'[^']*'|True|False|[(){},:]", header))
    for word in sorted(rng.sample(words, min(len(words), rng.choice((1, 1, 2, 4)))), key=lambda w: -w.start()):
        new = rng.choice(
            (str(rng.choice(NUMBERS)).encode(), repr(rng.choice(TEXTS)).encode(), rng.choice(TOKENS), b"", word[0] * 2)
        )
        header = header[: word.start()] + new + header[word.end() :]
    version = rng.choice((1, 1, 1, 2, 3, 4))
    width = 2 if version == 1 else 4
    return b"\x93NUMPY" + bytes((version, 0)) + (len(header) % 256**width).to_bytes(width, "little") + header + body


def npz(data: bytes, rng: random.Random) -> bytes:
    """Members that were altered, renamed, doubled or packed otherwise; and their entries overwritten."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if rng.random() < 0.4:
                content = npy(content, rng) if rng.random() < 0.7 else of_bytes(content, [content], rng)
            if rng.random() < 0.15:
                name = rng.choice((*(t for t in TEXTS if t.isprintable() and t), "layers.0.npy", "m.pkl", "C:\\x.npy"))
            way = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
            with warnings.catch_warnings(action="ignore"):
                new.writestr(zipfile.ZipInfo(name), content, way if rng.random() < 0.9 else zipfile.ZIP_LZMA)
    found = bytearray(made.getvalue())
    directory = found.find(b"PK\x01\x02")
    for _ in range(rng.choice((0, 0, 1, 2))):
        place = rng.randrange(directory, len(found))
        found[place] = rng.choice((0, 1, 255, found[place] ^ (1 << rng.randrange(8))))
    return bytes(found)


def zipped(data: bytes, rng: random.Random) -> bytes:
    """An archive with a member of altered bytes, or left out, doubled or under another name."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w") as new:
        chosen = rng.choice(old.namelist())
        for name in old.namelist():
            content = old.read(name)
            kind = rng.randrange(8) if name == chosen else 9
            if kind <= 4:
                content = numbers(content, rng)
            elif kind == 5:
                continue
            elif kind == 6:
                name = rng.choice([t for t in TEXTS if t.isprintable() and t])
            way = zipfile.ZIP_STORED if rng.random() < 0.7 else zipfile.ZIP_DEFLATED
            new.writestr(zipfile.ZipInfo(name), content, way)
    return made.getvalue()


def numbers(data: bytes, rng: random.Random) -> bytes:
    """Few bytes set to what lengths, kinds and opcodes are, where most formats have them: near the start."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        place = rng.randrange(len(found)) if rng.random() < 0.5 else rng.randrange(min(len(found), 256))
        kind = rng.randrange(4)
        if kind == 0:
            found[place] = rng.choice((0, 1, 2, 127, 128, 255, rng.randrange(256)))
        elif kind == 1:
            found[place] = (found[place] + rng.choice((-1, 1, 8, -8))) % 256
        elif kind == 2:
            found[place : place + 8] = (rng.choice(NUMBERS) % 2**64).to_bytes(8, "little")
        else:
            piece = found[place : place + rng.choice((1, 2, 9, 40))]
            found[place:place] = piece
    return bytes(found)


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def document(data: bytes, rng: random.Random) -> bytes:
    """A certificate with altered fields; its digest fits and its spelling is the one, most of the time."""
    body = of_tree(json.loads(data), rng)
    if not isinstance(body, dict) or rng.random() < 0.1:
        return json.dumps(body).encode()
    if rng.random() < 0.9:
        body.pop("digest", None)
        body["digest"] = digest_of(body)
    listed = {
        key: map(_compact, item) if key in ("claims", "not_asked") and isinstance(item, list) else item
        for key, item in body.items()
    }
    return "".join(spelled(listed)).encode()


def plain(data: bytes, rng: random.Random) -> bytes:
    """Any JSON document with altered fields."""
    return json.dumps(of_tree(json.loads(data), rng), ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def toml(data: bytes, rng: random.Random) -> bytes:
    """Lines taken out, doubled and exchanged, and words of them replaced."""
    lines = data.split(b"\n")
    for _ in range(rng.choice((1, 1, 2, 4))):
        if not lines:
            break
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        kind = rng.randrange(4)
        if kind == 0:
            del lines[i]
        elif kind == 1:
            lines.insert(i, lines[j])
        elif kind == 2:
            lines[i], lines[j] = lines[j], lines[i]
        elif words := list(_WORD.finditer(lines[i])):
            word = rng.choice(words)
            text = json.dumps(rng.choice(TEXTS)).encode()
            new = rng.choice((text, str(rng.choice(NUMBERS)).encode(), rng.choice(TOKENS), b"a." * 40 + b"b", b"[[]]"))
            lines[i] = lines[i][: word.start()] + new + lines[i][word.end() :]
    return b"\n".join(lines)
