"""One module per format version; a published one is never edited."""
