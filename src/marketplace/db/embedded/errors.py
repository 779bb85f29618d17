class ClusterError(Exception):
    """The built-in database cannot be had; the words say what happened and what to do."""
