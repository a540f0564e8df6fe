"""Near-duplicates among the articles of a dataset: which texts are copies of each other, and whose is the original.

shingles     a text as a set of hashed runs of words
signatures   what a shard's articles are compared by, kept so that the next run signs only what is new
candidates   pairs of texts that MinHash takes for alike
similarity   which of them are: exact Jaccard similarity
clusters     pairs to clusters, and the original of each
refresh      all of it in order, over an executor, into the dataset's table `duplicates`

docs/duplicates.md says why it is built so. The table itself is `dataset/duplicates.py`.
"""
