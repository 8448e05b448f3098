"""Avro: whether a reader's schema reads everything that a writer's schema writes."""
