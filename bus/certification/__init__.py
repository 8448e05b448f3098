"""The operator's certificate authority as the bus uses it: a process of its own that renews agencies' certificates."""
