package io.llamamesh.e2e.row;

import java.time.Duration;

/**
 * One thing that is done to a cluster in a storm, and undone.
 *
 * @param kind what
 * @param at when it begins, after the storm's beginning
 * @param held how long it lasts before it is undone
 * @param choice which of its kind's variants it is, whatever their number: 0 or more
 */
record StormEvent(Kind kind, Duration at, Duration held, int choice) {
  /** Kinds of event; none of them concerns the network. */
  enum Kind {
    NAMESPACE("a watched namespace with a mesh in it is deleted, and made anew", 5, 20, 25),
    AUTH_SECRET("the mesh's auth Secret is deleted", 1, 1, 0),
    SERVICE_ACCOUNT("a ServiceAccount of the mesh is deleted", 1, 1, 0),
    AUTHORITY("the API server's authority is exchanged", 100, 110, 50),
    API_SERVER("the API server is stopped or killed", 10, 90, 15),
    ETCD("etcd is compacted, with the API server running or away", 5, 20, 15),
    QUOTA("a ResourceQuota allows no further pods, with or without an agent deleted", 15, 25, 0),
    TAINT("a node has a taint, the autoscaler's mark of removal or another", 10, 40, 0),
    SECOND_OPERATOR("a second release of the chart watches all namespaces", 20, 40, 60),
    UNREADABLE_MESH("a mesh that cannot be decoded is stored", 10, 30, 10),
    FOREIGN_OBJECT("an object of somebody else's has a name that a mesh needs", 10, 30, 15);

    private final String what;
    private final int shortest;
    private final int longest;
    private final int beside;

    /**
     * A kind.
     *
     * @param shortest that it is held, in seconds
     * @param longest that it is held, in seconds
     * @param beside how many seconds doing and undoing it take
     */
    Kind(String what, int shortest, int longest, int beside) {
      this.what = what;
      this.shortest = shortest;
      this.longest = longest;
      this.beside = beside;
    }

    int shortest() {
      return shortest;
    }

    int longest() {
      return longest;
    }

    @Override
    public String toString() {
      return what;
    }
  }

  /** Minutes that it takes: the next event begins after these. */
  int minutes() {
    return Math.ceilDiv(Math.toIntExact(held.toSeconds()) + kind.beside, 60);
  }

  @Override
  public String toString() {
    return "minute %d: %s (held %d s, variant %d)"
        .formatted(at.toMinutes(), kind, held.toSeconds(), choice);
  }
}
