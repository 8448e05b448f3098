"""`lienthong adapter check`: the contract of adapters against one live system, judged by a versioned checklist.

Promises: what was seen is gathered first and judged after, so that each row's verdict follows from recorded facts;
a row whose facts are missing is not judged, never met; no value of a question, an answer or a secret leaves.
Leaves out: whether answers are true, and load beyond the concurrency that the adapter itself declares.
"""
