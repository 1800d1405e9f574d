"""``hip-spine doctor``: is everything in order that the service needs, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import typer

from cds_service.cli.opening import FAULTS

if TYPE_CHECKING:
    from cds_service.settings import Settings
    from cds_service.trust.issuers import Issuer

EXAMPLES: Final = """\b
Examples:
  hip-spine doctor
  HIPSPINE_PORT=9000 hip-spine doctor
Run it with the environment of the service. Each line is ok, look (allowed, but worth a second look) or FAULT.
Status: 0 no fault, 1 at least one fault."""


class Finding(NamedTuple):
    """One line: ``state`` is ok, look or FAULT; ``said`` what was found and, unless it is ok, what to do."""

    state: str
    about: str
    said: str


def doctor() -> None:
    """Check settings, knowledge, state directory, store, callers, outgoing connections and port; no patient data.

    As a start of the service does, it makes the state directory and brings the store up to date.
    """
    from cds_service.settings import SettingsError, load_settings

    try:
        findings = list(examine(load_settings()))
    except SettingsError as wrong:
        findings = [Finding("FAULT", "settings", str(fault)) for fault in wrong.faults]
        findings.append(Finding("look", "everything else", "is looked at when the settings have no fault"))
    for state, about, said in findings:
        typer.echo(f"{state:<5}  {about:<16} {said}")
    if any(finding.state == "FAULT" for finding in findings):
        raise typer.Exit(FAULTS)


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything, one after the other; a fault in one thing keeps nothing else from being looked at."""
    yield Finding("ok", "settings", "no fault")
    yield from (Finding("look", "settings", warning) for warning in settings.warnings())
    yield from _knowledge(settings)
    yield _state(settings)
    yield from _callers(settings)
    yield _outgoing(settings)
    yield _clock()
    yield _port(settings)


def _knowledge(settings: Settings) -> Iterator[Finding]:
    from datetime import UTC, datetime

    from rules.faults import KnowledgeFaults
    from rules.loader import load_knowledge

    try:
        ruleset = load_knowledge(settings.knowledge)
    except KnowledgeFaults as wrong:
        yield Finding("FAULT", "knowledge", f"{wrong}")
        return
    yield Finding("ok", "knowledge", f"version {ruleset.version}, {len(ruleset.active)} active rules")
    if ruleset.unreviewed:
        many = f"{len(ruleset.unreviewed)} rules are signed by no named clinician"
        refused = not settings.on_loopback and not settings.accept_unreviewed_rules
        what = "; the service does not start until HIPSPINE_ACCEPT_UNREVIEWED_RULES=yes" if refused else ""
        yield Finding("FAULT" if refused else "look", "reviews", many + what)
    today = datetime.now(UTC).date()
    overdue = [rule.id for rule in ruleset.active if rule.review.overdue(today)]
    if overdue:
        yield Finding("look", "reviews", f"their next review is overdue: {', '.join(overdue)}")


def _state(settings: Settings) -> Finding:
    from cds_service.routes.health import is_writable

    if is_writable(settings.state_dir):
        return Finding("ok", "state directory", f"{settings.state_dir} can be written to")
    said = f"{settings.state_dir} cannot be written to; give its owner the right, or set HIPSPINE_STATE_DIR"
    return Finding("FAULT", "state directory", said)


def _callers(settings: Settings) -> Iterator[Finding]:
    from cds_service.trust.issuers import TrustFaults, read_issuers

    if settings.trust_file is None:
        if settings.on_loopback:
            yield Finding("ok", "callers", "anybody on this machine may call; only this machine can")
        elif settings.accept_unknown_callers:
            yield Finding("look", "callers", "anybody may call: something in front of the service has to check callers")
        else:
            said = "nobody is named who may call; set HIPSPINE_TRUST_FILE, see docs/operate/trust.md"
            yield Finding("FAULT", "callers", said)
        return
    try:
        issuers = read_issuers(settings.trust_file)
    except TrustFaults as wrong:
        yield Finding("FAULT", "callers", str(wrong))
        return
    yield Finding("ok", "callers", f"{len(issuers)} trusted issuer{'s' if len(issuers) != 1 else ''}")
    yield from (_keys(issuer) for issuer in issuers)
    yield _store(settings)


def _keys(issuer: Issuer) -> Finding:
    from cds_service.trust.fetch import KeySetFetcher
    from cds_service.trust.issuers import key_reach
    from cds_service.trust.keys import KeysUnreachable, read_key_set

    fetch = KeySetFetcher(key_reach([issuer]))
    try:
        if issuer.keys_file is not None:
            sets = [issuer.keys_file.read_bytes()]
        else:
            sets = [fetch(address) for address in ([issuer.keys] if issuer.keys is not None else issuer.jku)]
        usable = sum(len(read_key_set(content)) for content in sets)
    except (KeysUnreachable, OSError) as wrong:
        return Finding("FAULT", "keys", f"{issuer.iss}: its key set cannot be had ({wrong})")
    if not usable:
        return Finding("FAULT", "keys", f"{issuer.iss}: its key set holds no usable public key with an id")
    return Finding("ok", "keys", f"{issuer.iss}: {usable} usable key{'s' if usable != 1 else ''}")


def _store(settings: Settings) -> Finding:
    from cds_service.store.engine import Store, StoreFault, store_url

    store = Store(store_url(settings.store_url.get_secret_value(), settings.state_dir))
    try:
        store.bring_up_to_date()
    except StoreFault as wrong:
        return Finding("FAULT", "store", str(wrong))
    return Finding("ok", "store", "SQLite in the state directory" if store.embedded else "PostgreSQL")


def _outgoing(settings: Settings) -> Finding:
    import socket

    from cds_service.fhir_servers import reach_of, read_fhir_server

    if not settings.fhir_servers:
        return Finding("ok", "FHIR servers", "none may be asked: what a request lacks is missing")
    allowed = settings.fhir_allow_http_loopback
    servers = [read_fhir_server(one, allow_http_loopback=allowed) for one in settings.fhir_servers]
    reach = reach_of(servers)
    for server in servers:
        try:
            found = {str(one[4][0]) for one in socket.getaddrinfo(server.host, None, type=socket.SOCK_STREAM)}
        except (OSError, UnicodeError):
            return Finding("FAULT", "FHIR servers", f"the name {server.host} cannot be resolved")
        if not all(reach.permits(server.host, address) for address in found):
            said = f"{server.host} is not on the public internet; name its network: {server.base} in 10.20.0.0/16"
            return Finding("FAULT", "FHIR servers", said)
    return Finding("ok", "FHIR servers", ", ".join(server.base for server in servers))


def _clock() -> Finding:
    from datetime import UTC, date, datetime

    today = datetime.now(UTC).date()
    if date(2026, 1, 1) <= today <= date(2100, 1, 1):
        return Finding("ok", "clock", f"{today} in UTC")
    return Finding("FAULT", "clock", f"{today} cannot be right; windows of days and tokens depend on it")


def _port(settings: Settings) -> Finding:
    from cds_service.serving import PortTakenError, check_address

    try:
        check_address(settings.host, settings.port)
    except PortTakenError as wrong:
        return Finding("look", "port", f"{wrong}. If the service runs already, that is it")
    return Finding("ok", "port", f"{settings.host}, port {settings.port} is free")
