"""XSD 1.0 compared by inclusion of languages: compatible, incompatible with a document that shows it, or unknown."""
