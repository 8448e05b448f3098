"""Settings of hubs, nodes and the embedded bus: frozen values with limits, read from TOML, explained to people."""
