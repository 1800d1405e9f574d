"""Read the JSON body of a request: its media type, its size before and after decompression, its syntax."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

import orjson
from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from cds_service.errors import Issue, Refusal

DEFAULT_LIMIT: Final = 16 * 1024 * 1024
CODINGS: Final = "gzip, deflate"
_CHUNK: Final = 64 * 1024
_GZIP: Final = 16 + zlib.MAX_WBITS
_UTF_8 = frozenset({"", "utf-8", "utf8", "us-ascii"})


def read_json(request: Request, limit: int = DEFAULT_LIMIT) -> object:
    """The decoded body of ``request``.

    Raises :class:`Refusal` with 415 for anything but ``application/json`` in UTF-8 (G-09), 413 as
    :func:`read_body`, 400 for what is not JSON (G-01) or is nested deeper than the decoder goes.
    """
    if not request.content_length and "Transfer-Encoding" not in request.headers:
        raise _empty()
    if request.mimetype != "application/json" or _charset(request) not in _UTF_8:
        text = "The body must be JSON in UTF-8, sent with the header 'Content-Type: application/json'."
        raise Refusal(415, Issue("not-supported", text), headers={"Accept": "application/json"})
    body = read_body(request, limit)
    if not body.strip():
        raise _empty()
    try:
        decoded: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Refusal(400, Issue("structure", f"The body is not JSON: {_complaint(error)} at {place}.")) from None
    return decoded


def read_body(request: Request, limit: int = DEFAULT_LIMIT) -> bytes:
    """The body of ``request``, decompressed; ``limit`` is in bytes and holds before and after decompression.

    Raises :class:`Refusal` with 413 over the limit, 415 for a content coding other than gzip and deflate, 400 for
    compressed bytes that are damaged.
    """
    if request.content_length is not None and request.content_length > limit:
        raise _too_large(limit)
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding in ("identity", ""):
        return _joined(_chunks(request, limit), limit)
    if coding in ("gzip", "x-gzip"):
        return _joined(_inflated(_limited(_chunks(request, limit), limit), _GZIP), limit)
    if coding == "deflate":
        return _deflated(request, limit)
    text = f"This content coding is not read; allowed: {CODINGS}, or none."
    raise Refusal(415, Issue("not-supported", text), headers={"Accept-Encoding": CODINGS})


def _chunks(request: Request, limit: int) -> Iterator[bytes]:
    try:
        while chunk := request.stream.read(_CHUNK):
            yield chunk
    except RequestEntityTooLarge:
        # The framework's own limit, which the application may have set as well.
        raise _too_large(limit) from None
    except ClientDisconnected:
        raise Refusal(400, Issue("structure", "The body is shorter than its Content-Length says.")) from None


def _limited(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """The chunks, as long as they are within ``limit`` bytes together."""
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > limit:
            raise _too_large(limit)
        yield chunk


def _joined(chunks: Iterator[bytes], limit: int) -> bytes:
    return b"".join(_limited(chunks, limit))


def _deflated(request: Request, limit: int) -> bytes:
    """Deflate is in the zlib format by its standard; some senders leave out the zlib header."""
    sent = _joined(_chunks(request, limit), limit)
    has_header = len(sent) > 1 and sent[0] & 0x0F == 8 and (sent[0] << 8 | sent[1]) % 31 == 0
    return _joined(_inflated(iter((sent,)), zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS), limit)


def _inflated(chunks: Iterator[bytes], format_bits: int) -> Iterator[bytes]:
    """Decompressed pieces of bounded size, so that a small body can never unfold in memory all at once."""
    decoder = zlib.decompressobj(format_bits)
    try:
        for chunk in chunks:
            waiting = chunk
            while waiting and not decoder.eof:
                yield decoder.decompress(waiting, _CHUNK)
                waiting = decoder.unconsumed_tail
            if decoder.unused_data:
                raise _damaged()
        while not decoder.eof:
            piece = decoder.decompress(b"", _CHUNK)
            if not piece:
                raise _damaged()
            yield piece
    except zlib.error:
        raise _damaged() from None


def _empty() -> Refusal:
    return Refusal(400, Issue("structure", "The body is empty; a JSON object with hook and context is needed."))


def _damaged() -> Refusal:
    return Refusal(400, Issue("structure", "The compressed body is damaged or does not end."))


def _too_large(limit: int) -> Refusal:
    return Refusal(413, Issue("too-long", f"The body is larger than {limit} bytes, the most that this service reads."))


def _charset(request: Request) -> str:
    return request.mimetype_params.get("charset", "").strip().lower()


def _complaint(error: orjson.JSONDecodeError) -> str:
    """What the decoder found, without its own words for the place."""
    return error.msg.partition(":")[0]
