"""What a file is: by what was promised, and by its first bytes. Pure; a name or type is never believed by itself."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

UNKNOWN = "application/octet-stream"
LONGEST_NAME = 80

_MEDIA_TYPE = re.compile(r"[a-z]{2,20}/[a-z0-9][a-z0-9.+-]{0,60}")

# First bytes, where they stand, and what they mean. Source: the formats' own specifications.
_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypheix", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp3g", "video/3gpp"),
    (4, b"ftyp", "video/mp4"),
    (0, b"%PDF-", "application/pdf"),
    (8, b"WAVE", "audio/wav"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"PK\x03\x04", "application/zip"),
)
_PROGRAMS = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!/")
_PAGE = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|script)\b", re.IGNORECASE | re.DOTALL)
_PICTURE_IN_WORDS = re.compile(rb"\s*(?:<\?xml|<!--|<!doctype svg|<svg)", re.IGNORECASE)
_SOUND = frozenset({"audio", "video"})  # one container holds either
_ENDINGS = {
    "application/pdf": ("pdf",),
    "application/zip": ("zip", "docx", "xlsx", "pptx", "odt", "ods"),
    "audio/aac": ("aac",),
    "audio/amr": ("amr",),
    "audio/flac": ("flac",),
    "audio/mp4": ("m4a",),
    "audio/mpeg": ("mp3",),
    "audio/ogg": ("ogg", "oga", "opus"),
    "audio/wav": ("wav",),
    "image/avif": ("avif",),
    "image/bmp": ("bmp",),
    "image/gif": ("gif",),
    "image/heic": ("heic", "heif"),
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/svg+xml": ("svg",),
    "image/tiff": ("tif", "tiff"),
    "image/webp": ("webp",),
    "text/calendar": ("ics",),
    "text/csv": ("csv",),
    "text/html": ("html", "htm"),
    "text/plain": ("txt", "log"),
    "text/vcard": ("vcf",),
    "text/x-vcard": ("vcf",),
    "video/3gpp": ("3gp",),
    "video/mp4": ("mp4", "m4v"),
    "video/quicktime": ("mov",),
    "video/webm": ("webm",),
    "video/x-msvideo": ("avi",),
}
_PLAIN_NAMES = {"image": "picture", "audio": "sound", "video": "video"}
_UNFIT_IN_NAMES = re.compile(r"[^\w .()+-]+")


def media_type(said: str) -> str:
    """The type that somebody says a file has, if it is one (RFC 6838), without its parameters; else nothing."""
    kind = said.partition(";")[0].strip().lower()
    return kind if _MEDIA_TYPE.fullmatch(kind) else ""


def bare(declared: str) -> str:
    """A media type without its parameters, in lower case: `image/png`."""
    return declared.partition(";")[0].strip().lower()


def sniffed(data: bytes) -> str | None:
    """The type that the first bytes tell; None when they tell nothing."""
    if data.startswith(b"BM") and b"\x00" in data[:16]:
        return "image/bmp"
    return next((kind for at, sign, kind in _SIGNATURES if data.startswith(sign, at)), None)


def is_page(data: bytes, declared: str = "") -> bool:
    """A web page, by what it is called or by what it is: such as asks for a sign-in, or tells of trouble."""
    return bare(declared) in {"text/html", "application/xhtml+xml"} or bool(_PAGE.match(data[:2048]))


def is_program(data: bytes) -> bool:
    """Something that a computer would run."""
    return data.startswith(_PROGRAMS) or (data.startswith(b"MZ") and b"\x00" in data[:64])


def fits(promised: str, data: bytes) -> bool:
    """Can these bytes be what was promised? A type that has no signature of its own is believed."""
    kind, found = bare(promised), sniffed(data)
    family = kind.partition("/")[0]
    if is_program(data):
        return False
    if kind == "image/svg+xml":
        return bool(_PICTURE_IN_WORDS.match(data[:256]))
    if family == "image" or kind == "application/pdf":
        return found is not None and _family(found) == _family(kind)
    if family in _SOUND:
        return found is None or _family(found) in _SOUND
    return True


def type_of(promised: str, data: bytes) -> str:
    """The type to go by: what the bytes tell, else what was promised."""
    return sniffed(data) or bare(promised) or UNKNOWN


def host_of(address: str) -> str:
    """The host of an address, for people; empty when there is none to tell."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def name_for(address: str, kind: str) -> str:
    """What a file from this address is called: by the address where that ends in a name, else by its kind.

    Its ending says what it is, so that nothing passes for something else on somebody's computer.
    """
    called = PurePosixPath(safe_name(unquote(urlsplit(address).path).rpartition("/")[2]))
    endings = _ENDINGS.get(kind, ())
    if called.suffix and (not endings or called.suffix[1:].lower() in endings):
        return str(called)
    stem = called.stem if called.suffix else _PLAIN_NAMES.get(kind.partition("/")[0], "file")
    return f"{stem}.{endings[0]}" if endings else stem


def safe_name(name: str) -> str:
    """A foreign file name that is one word of a path anywhere; empty when nothing of it can be used."""
    kept = " ".join(_UNFIT_IN_NAMES.sub("_", name).split()).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}" if dot and len(ending) < 12 else kept[:LONGEST_NAME]  # noqa: PLR2004 - longer than any real ending


def _family(kind: str) -> str:
    family = kind.partition("/")[0]
    return kind if family == "application" else family
