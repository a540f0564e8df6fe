from cleancopy.commands.options import Dataset
def replay(dataset: Dataset) -> None:
    """TODO"""
