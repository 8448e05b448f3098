"""The registry of schemas at work: stored, compared before they are taken, handed out by id.

`store` keeps them; `pool` compares strangers' schemas in processes that may be killed; `register`, `check`, `remove`
and `configure` are what may be done; `access` says by whom; `changes` records what was done.
"""
