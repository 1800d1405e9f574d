"""The log: one JSON object a line on standard output, made of what the service knows about itself.

A line can hold the members of :data:`FIELDS` and nothing else, each in its own narrow form, so that no name,
identifier, code or token of a request can slip in. Messages are event names, never sentences with something
put into them; of an exception its types and its places in the code are written, not its text and not its
variables. What libraries log is reduced to where it came from: their messages quote addresses and input.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

OWN_LOGGERS: Final = ("cards", "cds_service", "rules")
WITHHELD: Final = "(withheld)"

_ROOT = Path(__file__).parents[1]
_LIBRARY = re.compile(r".*/(?:site-packages|python3\.\d+)/(.*)")
_WORD = re.compile(r"[A-Za-z][A-Za-z-]{0,39}")
_RULE_OR_SERVICE = re.compile(r"[a-z]+(-[a-z]+){0,11}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

FIELDS: Final[Mapping[str, re.Pattern[str] | None]] = {
    # None: a number or a yes/no. A pattern: text that fits it as a whole.
    "request_id": _UUID,
    "method": re.compile(r"[A-Z]{3,7}"),
    "route": re.compile(r"\(none\)|/[a-z/<>_:.-]{0,79}"),
    "status": None,
    "ms": None,
    "bytes": None,
    "service": _RULE_OR_SERVICE,
    "hook": _RULE_OR_SERVICE,
    "rule": _RULE_OR_SERVICE,
    "shown": re.compile(r"[a-z]+(-[a-z]+){0,11}(,[a-z]+(-[a-z]+){0,11}){0,39}"),
    "kind": _WORD,
    "reason": _RULE_OR_SERVICE,
    "cards": None,
    "withheld": None,
    "unreadable": None,
    "foreign": None,
    "uncoded": None,
    "missing": None,
    "failed": None,
    "incomplete": None,
    "fetched": None,
    "rules": None,
    "unreviewed": None,
    "knowledge": re.compile(r"\d+\.\d+\.\d+"),
    "version": re.compile(r"[0-9a-z.+-]{1,40}"),
    "port": None,
    "workers": None,
    "threads": None,
    "setting": re.compile(r"HIPSPINE_[A-Z_]{1,40}"),
}
"""What a line may say beside its time, level, logger and event."""


class JsonLines(logging.Formatter):
    """Writes a log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its line end."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.partition(".")[0] in OWN_LOGGERS:
            line["event"] = record.msg if isinstance(record.msg, str) else WITHHELD
            line.update(_fields(vars(record)))
        else:
            line["event"] = "library"
            line["place"] = _place(record.pathname, record.lineno)
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["exception"] = [_told(link) for link in _chain(error)]
        return orjson.dumps(line).decode()


def _fields(members: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Keep the allowed members, and of their values what has the form of its field."""
    for name, form in FIELDS.items():
        value = members.get(name)
        if value is None:
            continue
        if form is None:
            fits = isinstance(value, bool | int | float)
        else:
            fits = isinstance(value, str) and form.fullmatch(value) is not None
        yield name, value if fits else WITHHELD


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Follow an exception to what it came from; five links tell enough."""
    link: BaseException | None = error
    for _ in range(5):
        if link is None:
            return
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _told(error: BaseException) -> dict[str, object]:
    frames = [_place(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    return {"type": type(error).__qualname__, "frames": frames[-20:]}


def _place(file: str, line: int) -> str:
    """Name a place in the code without saying where on the machine the code is."""
    path = Path(file)
    library = _LIBRARY.fullmatch(path.as_posix())
    if library is not None:
        return f"{library[1]}:{line}"
    return f"{path.relative_to(_ROOT).as_posix() if path.is_relative_to(_ROOT) else path.name}:{line}"


def start_log(level: str) -> None:
    """Send every logger of the process to standard output as JSON lines, from ``level`` on.

    Libraries speak from ``warning`` on. Called again, it replaces what it set up before.
    """
    target = logging.StreamHandler(sys.stdout)
    target.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [target]
    root.setLevel(max(logging.WARNING, _number(level)))
    for name in OWN_LOGGERS:
        logging.getLogger(name).setLevel(_number(level))


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
