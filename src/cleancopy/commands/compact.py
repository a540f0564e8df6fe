from cleancopy.commands.options import Dataset
def compact(dataset: Dataset) -> None:
    """TODO"""
