package io.llamamesh.apiserver.store;

import org.jspecify.annotations.Nullable;

/** One write, in the order of revisions. */
public sealed interface ObjectChange {
  /**
   * The object's version after the write; for a deletion its last content with the new revision.
   */
  Stored object();

  /** The version before the write, or null when there was none. */
  @Nullable Stored previous();

  /** A new object. */
  record Added(Stored object) implements ObjectChange {
    @Override
    public @Nullable Stored previous() {
      return null;
    }
  }

  /** A new version of an object. */
  record Modified(Stored object, Stored previous) implements ObjectChange {}

  /** The end of an object. */
  record Deleted(Stored object, Stored previous) implements ObjectChange {}
}
