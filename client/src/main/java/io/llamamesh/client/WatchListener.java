package io.llamamesh.client;

/**
 * Taker of what a {@link DocumentWatch} reads. Called by the watch's own thread, one call at a
 * time; while it runs, newer documents replace those that wait.
 *
 * @param <T> type of the documents
 */
public interface WatchListener<T> {
  /** The newest document: the first of each connection, and then each change. */
  void changed(T document);

  /** A connection could not be made, broke, or said what is no such document; it is tried again. */
  default void failed(ClientException failure) {}
}
