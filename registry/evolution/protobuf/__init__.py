"""Protobuf: whether a reader's schema reads on the wire what a writer's schema writes."""
