"""The census: what only many pages of a site can tell about a line of one of them.

`pages` turns a page into whose it is, its address and its lines as numbers; `samples` keeps the pages of a site that
are counted, in whatever order they come; `template` counts lines over these and says of each line of a document how
often the site repeats it; `store` keeps both in files.
"""
