"""The sandbox: valid, seeded answers, faults and delays for any registered service, before its system is connected.

Promises: same seed and same question, same answer; every answer is judged by the registry's own validator before it
leaves; nothing here is sealed or can be evidence. Leaves out: being right about anybody, who are all invented.
"""
