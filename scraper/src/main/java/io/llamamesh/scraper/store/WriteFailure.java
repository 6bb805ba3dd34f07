package io.llamamesh.scraper.store;

import java.time.Duration;

/** Why a store did not take points; {@code AnswerTable} says which answers are which. */
public sealed interface WriteFailure {
  /** What the store or the network said. */
  String message();

  /**
   * Not now: unreachable, overloaded, or not letting us in. The same points may be taken later.
   *
   * @param message the store's or the network's words
   * @param retryAfter how long the store asks to wait; zero where it does not say
   * @param late whether a connection was there and no answer came in time
   */
  record Unavailable(String message, Duration retryAfter, boolean late) implements WriteFailure {
    /** For another reason than that it was late. */
    public Unavailable(String message, Duration retryAfter) {
      this(message, retryAfter, false);
    }
  }

  /**
   * Not as they are: either some of the points are not acceptable, or whoever answers is no store.
   *
   * @param message the store's words
   */
  record Rejected(String message) implements WriteFailure {}

  /**
   * All but so many: the store took the others, and will never take these.
   *
   * @param message the store's words
   * @param lines how many, as it says
   */
  record Dropped(String message, int lines) implements WriteFailure {}

  /**
   * The store failed on these points, or fails altogether.
   *
   * @param message the store's words
   */
  record Failed(String message) implements WriteFailure {}

  /**
   * Not so many at once.
   *
   * @param message the store's words
   */
  record TooLarge(String message) implements WriteFailure {}

  /** Carries a failure to who asked for the write. */
  final class WriteFailedException extends Exception {
    private static final long serialVersionUID = 1;
    private final transient WriteFailure failure;

    public WriteFailedException(WriteFailure failure) {
      super(failure.message());
      this.failure = failure;
    }

    /** What went wrong. */
    public WriteFailure failure() {
      return failure;
    }
  }
}
