"""The tables of the store, as the newest migration makes them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table

METADATA: Final = MetaData()

SPENT_TOKENS: Final = Table(
    "spent_tokens",
    METADATA,
    # SHA-256 of issuer and token id: the token itself is never kept.
    Column("digest", String(64), primary_key=True),
    Column("until", BigInteger, nullable=False, comment="seconds since the epoch; forgotten after"),
    Index("spent_tokens_until", "until"),
)
