"""The dataset on disk: its layout, files that appear whole or not at all, receipts, publication, and the lock over it.

DIR/articles/ removed/ rejected/   what readers see; each file is put there whole by a rename
DIR/README.md                      the dataset card
DIR/_cleancopy/receipts/           one a published shard: what it read of which source, what that gave, its files
               staged/             finished shards of a run that has not been published yet
               publishing.json     a publication under way; the next run finishes it
               tmp/                unfinished work
               runs/               one report a run
               lock                held by the run that writes
"""
