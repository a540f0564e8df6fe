"""Runs: from sources to a published dataset, without knowing who drives them.

pipeline    a run over a locked dataset: plan, work, check, publish
plan        which source bytes make which shard;  staleness: what a shard was made with, and what has changed
shard       one shard in a worker: read, clean in batches, write;  trace, isolate, watchdog: what kills a worker
executors   where shards are worked on
direct      the driver without Prefect;  embedded: the way to the driver with it, in flows/
status      what state a dataset is in;  log: what happened, a line of JSON an event
"""
