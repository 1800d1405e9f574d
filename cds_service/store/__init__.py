"""What the service remembers between calls: one database, embedded (SQLite) or a server (PostgreSQL)."""
