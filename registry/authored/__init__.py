"""The authored folder: TOML, JSON Schema and XSD that people write, judged as a whole with exact positions."""
