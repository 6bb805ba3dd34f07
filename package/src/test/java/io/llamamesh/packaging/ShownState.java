package io.llamamesh.packaging;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Waits for a state that programs show. The bound is generous and decides nothing: where it is
 * reached the error says what was last seen.
 */
final class ShownState {
  private static final Duration POLL = Duration.ofMillis(500);
  private static final int LONGEST_SEEN = 4_000;

  private ShownState() {}

  /**
   * Waits until what is seen is as wanted, and returns it. A program that does not answer is asked
   * again; an AssertionError ends the wait.
   *
   * @param what is waited for, for people
   */
  static <T> T await(String what, Duration atMost, Callable<T> look, Predicate<? super T> wanted) {
    AtomicReference<String> seen = new AtomicReference<>("nothing");
    AtomicReference<T> found = new AtomicReference<>();
    try {
      Awaitility.await()
          .atMost(atMost)
          .pollDelay(Duration.ZERO)
          .pollInterval(POLL)
          .until(() -> {
            try {
              T now = look.call();
              seen.set(String.valueOf(now));
              found.set(now);
              return wanted.test(now);
            } catch (IOException e) {
              seen.set(e.toString());
              return false;
            }
          });
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          "%s: not within %d s; last seen: %s"
              .formatted(what, atMost.toSeconds(), abridged(seen.get())),
          e);
    }
    return found.get();
  }

  private static String abridged(String text) {
    return text.length() <= LONGEST_SEEN ? text : text.substring(0, LONGEST_SEEN) + " …";
  }
}
