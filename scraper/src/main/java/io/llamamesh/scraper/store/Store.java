package io.llamamesh.scraper.store;

import java.util.List;

/** Time-series store that accepts line protocol with times in milliseconds. */
public interface Store extends AutoCloseable {
  /**
   * Writes lines; returns only after the store has acknowledged them.
   *
   * @throws WriteFailure.WriteFailedException if it did not
   */
  void write(List<String> lines) throws WriteFailure.WriteFailedException;

  /** Address of the store for people, without credentials. */
  String description();

  @Override
  void close();
}
