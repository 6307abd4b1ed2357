from __future__ import annotations

import pytest

from bot.filekinds import fits, host_of, is_page, is_program, name_for, safe_name, sniffed, type_of

PNG, JPEG, PDF, MP4 = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"%PDF-1.7", b"\0\0\0\x18ftypmp42"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"BM\0\0", "image/bmp"),
        (b"BMW is a car", None),
        (PDF, "application/pdf"),
        (MP4, "video/mp4"),
        (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
        (b"RIFF\0\0\0\0WAVE", "audio/wav"),
        (b"#!AMR\n", "audio/amr"),
        (b"hello", None),
        (b"", None),
    ],
)
def test_first_bytes_tell_the_type(data: bytes, kind: str | None) -> None:
    assert sniffed(data) == kind


@pytest.mark.parametrize(
    ("promised", "data", "may_be"),
    [
        ("image/png", PNG, True),
        ("image/png", JPEG, True),
        ("IMAGE/PNG; x=y", PNG, True),
        ("image/png", PDF, False),
        ("image/png", b"words", False),
        ("image/svg+xml", b"<svg xmlns='x'>", True),
        ("image/svg+xml", PNG, False),
        ("application/pdf", PDF, True),
        ("application/pdf", b"PK\x03\x04", False),
        ("audio/mp4", MP4, True),
        ("audio/aac", b"\xff\xf1", True),
        ("video/mp4", PNG, False),
        ("text/plain", b"words", True),
        ("text/plain", b"\x7fELF", False),
        ("", b"anything", True),
        ("", b"MZ\x90\0", False),
        ("", b"MZ is a place", True),
    ],
)
def test_a_promise_is_checked_where_it_can_be(promised: str, data: bytes, may_be: bool) -> None:
    assert fits(promised, data) is may_be


@pytest.mark.parametrize(
    ("data", "declared", "page"),
    [
        (b"<!DOCTYPE html>", "", True),
        (b"  \n<HTML lang='en'>", "", True),
        (b"<!-- a --> <!-- b --><html>", "", True),
        (b"words", "text/html; charset=utf-8", True),
        (b"<svg>", "", False),
        (b"<?xml version='1.0'?>", "", False),
        (b"<htmlish>", "", False),
        (PNG, "image/png", False),
    ],
)
def test_a_web_page_is_known(data: bytes, declared: str, page: bool) -> None:
    assert is_page(data, declared) is page


def test_programs_are_known() -> None:
    assert [is_program(data) for data in (b"#!/bin/sh", b"#!AMR", PNG)] == [True, False, False]


def test_the_bytes_know_better_than_the_promise() -> None:
    assert (type_of("image/png", JPEG), type_of("text/plain; charset=x", b"hi"), type_of("", b"hi")) == (
        "image/jpeg", "text/plain", "application/octet-stream",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("address", "kind", "name"),
    [
        ("https://h/media/5f0012", "image/png", "picture.png"),
        ("https://h/media/5f0012", "audio/mpeg", "sound.mp3"),
        ("https://h/media/5f0012", "application/pdf", "file.pdf"),
        ("https://h/media/5f0012", "application/x-odd", "file"),
        ("https://h/a/My%20boiler.JPG?x=1", "image/jpeg", "My boiler.JPG"),
        ("https://h/invoice.exe", "application/pdf", "invoice.pdf"),
        ("https://h/a.docx", "application/zip", "a.docx"),
        ("https://h/..%2f..%2fetc%2fpasswd", "text/plain", "file.txt"),
        ("https://h/%3C!channel%3E.png", "image/png", "_channel_.png"),
        ("https://h/", "image/png", "picture.png"),
        ("", "", "file"),
    ],
)
def test_a_file_is_called_by_its_address_or_its_kind(address: str, kind: str, name: str) -> None:
    assert name_for(address, kind) == name


@pytest.mark.parametrize(
    ("typed", "safe"),
    [
        ("a.pdf", "a.pdf"),
        ("../../a.pdf", "_.._a.pdf"),
        ("a\r\nb: c.pdf", "a_b_ c.pdf"),
        ("x" * 200 + ".pdf", "x" * 76 + ".pdf"),
        ("...", ""),
        ("Größe 世界.png", "Größe 世界.png"),
    ],
)
def test_a_foreign_name_is_one_word_of_a_path(typed: str, safe: str) -> None:
    assert safe_name(typed) == safe


@pytest.mark.parametrize(
    ("address", "host"), [("https://A.example:8/x", "a.example"), ("no", ""), ("http://[::1", ""), ("file:///x", "")]
)
def test_a_host_is_told_where_there_is_one(address: str, host: str) -> None:
    assert host_of(address) == host
