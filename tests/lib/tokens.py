"""Tokens as an EHR makes them: a key pair of its own, its key set, and signed claims."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

GONE: Final = object()


@dataclass
class Ehr:
    """A system that signs its calls: ``iss`` names it, ``kid`` its key."""

    iss: str
    kid: str = "key+1/="
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP384R1()))

    def public_key(self) -> dict[str, Any]:
        """The public key as a JWK."""
        made: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {**made, "kid": self.kid, "use": "sig", "alg": "ES384"}

    def key_set(self) -> str:
        """Its JWK Set, as JSON."""
        return json.dumps({"keys": [self.public_key()]})

    def token(self, audience: str, now: datetime, headers: dict[str, Any] | None = None, **changed: Any) -> str:
        """A fresh token for the endpoint ``audience``, valid for five minutes from ``now``; ``GONE`` drops a claim."""
        at = int(now.timestamp())
        claims = {"iss": self.iss, "aud": audience, "iat": at, "exp": at + 300, "jti": str(uuid.uuid4())} | changed
        said = {name: value for name, value in claims.items() if value is not GONE}
        return jwt.encode(said, self.key, algorithm="ES384", headers={"kid": self.kid, **(headers or {})})

    def signs(self, audience: str, now: datetime, **changed: Any) -> dict[str, str]:
        """The header of a call to ``audience``."""
        return {"Authorization": f"Bearer {self.token(audience, now, **changed)}"}
