package io.llamamesh.scraper.store;

import java.time.Duration;

/** Failure of a write; {@code AnswerTable} maps answers to failures. */
public sealed interface WriteFailure {
  /** Message of the store or the network. */
  String message();

  /**
   * The store is unreachable, overloaded, or denies access. The same points may be accepted later.
   *
   * @param message the store's or the network's message
   * @param retryAfter wait that the store requests; zero without one
   * @param late true if a connection was established and no answer came in time
   */
  record Unavailable(String message, Duration retryAfter, boolean late) implements WriteFailure {
    /** A failure other than a timeout. */
    public Unavailable(String message, Duration retryAfter) {
      this(message, retryAfter, false);
    }
  }

  /**
   * The store rejects some of the points, or the other end is no store.
   *
   * @param message the store's message
   */
  record Rejected(String message) implements WriteFailure {}

  /**
   * The store accepted all but some points, which it will never accept.
   *
   * @param message the store's message
   * @param lines number of points dropped, as it says
   */
  record Dropped(String message, int lines) implements WriteFailure {}

  /**
   * The store failed on these points, or fails altogether.
   *
   * @param message the store's message
   */
  record Failed(String message) implements WriteFailure {}

  /**
   * The request has too many lines.
   *
   * @param message the store's message
   */
  record TooLarge(String message) implements WriteFailure {}

  /** Exception that carries a failure to the caller of a write. */
  final class WriteFailedException extends Exception {
    private static final long serialVersionUID = 1;
    private final transient WriteFailure failure;

    public WriteFailedException(WriteFailure failure) {
      super(failure.message());
      this.failure = failure;
    }

    /** The failure. */
    public WriteFailure failure() {
      return failure;
    }
  }
}
