"""The pages that people read: rendered here, no script, nothing from elsewhere."""
