"""Whether a schema may change the way it does: inclusion of languages, decided soundly, with a counterexample."""
