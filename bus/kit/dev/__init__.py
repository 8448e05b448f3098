"""`lienthong adapter dev`: each question, its mapping and its answer side by side, anew whenever a file changes.

Promises: what a developer sees (questions, requests, replies, answers) is shown on this terminal and on a page of this
machine behind a random address, and goes nowhere else: no log, no file; secrets are masked even there. A broken edit
keeps the last adapter that worked and shows each mistake with file, line and column.
Leaves out: judging (`bus.kit.check`), and a running node, which reads its adapters at start.
"""
