"""The node: serves agencies, faces their systems, resolves dossiers, keeps their evidence."""
