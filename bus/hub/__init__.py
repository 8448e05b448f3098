"""The operator's side: what a hub worker does with what its links bring."""
