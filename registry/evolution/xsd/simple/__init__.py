"""Whether the reader's simple type takes every text that the writer's takes."""
