"""A PostgreSQL that nobody has to install: it starts with the application and ends with it."""

from marketplace.db.embedded.cluster import Cluster, remove_cluster, start_cluster
from marketplace.db.embedded.errors import ClusterError

__all__ = ["Cluster", "ClusterError", "remove_cluster", "start_cluster"]
