"""X-Road at a node: its message protocols spoken to systems that know no other."""
