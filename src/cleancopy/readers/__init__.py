"""Sources to records: files, folders, archives and tables, local or remote."""
