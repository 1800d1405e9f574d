"""The CDS Hooks answer: cards, suggestions, draft orders and their words. Knows no HTTP and no database."""
