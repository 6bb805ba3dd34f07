package io.llamamesh.scraper.store;

import io.llamamesh.scraper.store.WriteFailure.Rejected;
import io.llamamesh.scraper.store.WriteFailure.TooLarge;
import io.llamamesh.scraper.store.WriteFailure.Unavailable;
import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a batch, and where the store rejects it halves it until the points at fault are found, so
 * that they do not block the others.
 *
 * <p>A batch may cost {@value #MAX_REQUESTS} requests; what is not found out by then is counted
 * rejected as a whole. Not thread-safe but for {@link #rejected}.
 */
final class BatchSplitter {
  private static final Logger LOG = LoggerFactory.getLogger(BatchSplitter.class);
  private static final int MAX_REQUESTS = 1_000;
  private static final int MAX_LOGGED = 3;

  private final Store store;
  private final AtomicLong rejected = new AtomicLong();

  BatchSplitter(Store store) {
    this.store = store;
  }

  /** Lines rejected since the start. */
  long rejected() {
    return rejected.get();
  }

  /**
   * Writes what the store takes.
   *
   * @return how many lines it rejected for good
   * @throws WriteFailedException where the store is unavailable; some may have been written then
   */
  long write(List<String> lines) throws WriteFailedException {
    Deque<List<String>> parts = new ArrayDeque<>();
    parts.push(lines);
    int requests = 0;
    long refused = 0;
    int logged = 0;
    while (!parts.isEmpty()) {
      List<String> part = parts.pop();
      try {
        requests++;
        store.write(part);
      } catch (WriteFailedException e) {
        boolean divisible = part.size() > 1 && requests < MAX_REQUESTS;
        switch (e.failure()) {
          case Unavailable _ -> throw e;
          case Rejected _ when divisible -> halve(part, parts);
          case TooLarge _ when divisible -> halve(part, parts);
          case Rejected rejection -> {
            refused += part.size();
            logged = log(part, rejection.message(), logged);
          }
          case TooLarge tooLarge -> {
            refused += part.size();
            logged = log(part, tooLarge.message(), logged);
          }
        }
      }
    }
    rejected.addAndGet(refused);
    if (refused > MAX_LOGGED) {
      LOG.warn("store rejected points for good points={} of={}", refused, lines.size());
    }
    return refused;
  }

  private static void halve(List<String> part, Deque<List<String>> parts) {
    int middle = part.size() / 2;
    parts.push(part.subList(middle, part.size()));
    parts.push(part.subList(0, middle));
  }

  private static int log(List<String> part, String words, int logged) {
    if (logged < MAX_LOGGED) {
      LOG.warn(
          "store rejected a point for good error={} points={} first={}",
          words,
          part.size(),
          part.getFirst());
    }
    return logged + 1;
  }
}
