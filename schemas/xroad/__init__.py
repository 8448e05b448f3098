"""X-Road's message protocols as values and bytes: identifiers, REST and SOAP messages, error codes; no I/O."""
