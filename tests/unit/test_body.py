"""The bytes of a request: size before and after decompression, content codings, syntax."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Callable

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from cds_service.body import read_body, read_json
from cds_service.errors import Refusal

TEXT = json.dumps({"hook": "patient-view", "context": {"patientId": "p1"}}).encode()
LIMIT = 100_000


def request(data: bytes, coding: str | None = None, *, chunked: bool = False) -> Request:
    headers = [("Content-Encoding", coding)] if coding is not None else []
    builder = EnvironBuilder(
        method="POST", input_stream=io.BytesIO(data), content_type="application/json", headers=headers
    )
    environ = builder.get_environ()
    if chunked:
        environ |= {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
        environ.pop("CONTENT_LENGTH", None)
    else:
        environ["CONTENT_LENGTH"] = str(len(data))
    return Request(environ)


def raw_deflate(data: bytes) -> bytes:
    encoder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return encoder.compress(data) + encoder.flush()


def status_of(asked: Request, limit: int = LIMIT) -> int:
    with pytest.raises(Refusal) as caught:
        read_json(asked, limit)
    return caught.value.status


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        (None, TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("GZip", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
    ],
    ids=["none", "identity", "gzip", "capitals", "x-gzip", "deflate", "deflate-without-header"],
)
def test_a_body_is_read_in_every_coding(coding: str | None, packed: bytes, chunked: bool) -> None:
    assert read_body(request(packed, coding, chunked=chunked), LIMIT) == TEXT
    assert read_json(request(packed, coding, chunked=chunked), LIMIT) == json.loads(TEXT)


def test_a_large_compressed_body_comes_whole() -> None:
    large = json.dumps([{"n": number, "x": "y" * (number % 97)} for number in range(20_000)]).encode()
    for coding, packed in (("gzip", gzip.compress(large)), ("deflate", zlib.compress(large))):
        assert read_body(request(packed, coding), len(large)) == large


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "compress"])
def test_an_unknown_coding_is_a_415_that_names_the_known_ones(coding: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_body(request(TEXT, coding), LIMIT)
    assert (caught.value.status, caught.value.headers) == (415, {"Accept-Encoding": "gzip, deflate"})


@pytest.mark.parametrize("chunked", [False, True])
def test_the_limit_holds_for_what_is_sent(chunked: bool) -> None:
    exact = b'"' + b"x" * (LIMIT - 2) + b'"'
    assert read_json(request(exact, chunked=chunked), LIMIT) == "x" * (LIMIT - 2)
    assert status_of(request(exact + b" ", chunked=chunked)) == 413


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("coding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)],
    ids=["gzip", "deflate", "deflate-without-header"],
)
def test_the_limit_holds_for_what_unfolds(coding: str, pack: Callable[[bytes], bytes], chunked: bool) -> None:
    bomb = pack(b'"' + b"0" * (50 * LIMIT) + b'"')
    assert len(bomb) < LIMIT
    assert status_of(request(bomb, coding, chunked=chunked)) == 413


@pytest.mark.parametrize(
    ("coding", "damaged"),
    [
        ("gzip", TEXT),
        ("gzip", gzip.compress(TEXT)[:-9]),
        ("gzip", gzip.compress(TEXT) + b"more"),
        ("gzip", gzip.compress(TEXT)[:20]),
        ("deflate", b"\x78\x9c" + TEXT),
        ("deflate", zlib.compress(TEXT)[:-5]),
        ("deflate", zlib.compress(TEXT) + b"more"),
    ],
    ids=["plain", "cut-at-end", "more-behind", "cut", "deflate-plain", "deflate-cut", "deflate-more-behind"],
)
def test_a_damaged_compressed_body_is_a_400(coding: str, damaged: bytes) -> None:
    assert status_of(request(damaged, coding)) == 400


@pytest.mark.parametrize("coding", [None, "gzip", "deflate"])
def test_a_body_that_breaks_off_is_a_400(coding: str | None) -> None:
    short = request(TEXT, coding)
    short.environ["CONTENT_LENGTH"] = str(len(TEXT) + 5)
    assert status_of(Request(short.environ)) == 400


def test_the_limit_of_the_framework_is_told_like_our_own() -> None:
    asked = request(TEXT, chunked=True)
    asked.max_content_length = 10
    assert status_of(asked, 10) == 413


def test_what_is_not_json_is_told_by_line_and_column_and_not_repeated() -> None:
    with pytest.raises(Refusal) as caught:
        read_json(request(b'{"name":\n "Anna" "Miller"}'), LIMIT)
    (issue,) = caught.value.issues
    assert issue.code == "structure"
    assert "line 2, column 9" in issue.text
    assert "Anna" not in issue.text


@pytest.mark.parametrize(
    "data", [b"[" * 2_000 + b"]" * 2_000, b'{"a":' * 2_000 + b"1" + b"}" * 2_000], ids=["arrays", "objects"]
)
def test_nesting_beyond_the_decoder_is_a_400(data: bytes) -> None:
    assert status_of(request(data)) == 400
