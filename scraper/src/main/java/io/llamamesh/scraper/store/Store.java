package io.llamamesh.scraper.store;

import java.util.List;

/** A time-series store that takes line protocol with times in milliseconds. */
public interface Store extends AutoCloseable {
  /**
   * Writes; returns only after the store acknowledged.
   *
   * @throws WriteFailure.WriteFailedException where it did not
   */
  void write(List<String> lines) throws WriteFailure.WriteFailedException;

  /** Where it is, for people; without credentials. */
  String description();

  @Override
  void close();
}
