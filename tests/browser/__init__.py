"""The pages and the CDS Hooks routes in a real browser."""
