"""OpenAPI 3.0 and 3.1: whether an interface still serves those who were made for another version of it."""
