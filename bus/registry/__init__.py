"""The registry as a TUF repository: publishing a folder, following it from a node, with every refusal typed."""
