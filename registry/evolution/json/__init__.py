"""JSON Schema, drafts 4 to 2020-12: whether every document of one schema is a document of another."""
