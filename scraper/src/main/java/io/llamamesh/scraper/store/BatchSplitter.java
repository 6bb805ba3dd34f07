package io.llamamesh.scraper.store;

import io.llamamesh.scraper.store.WriteFailure.Dropped;
import io.llamamesh.scraper.store.WriteFailure.Failed;
import io.llamamesh.scraper.store.WriteFailure.Rejected;
import io.llamamesh.scraper.store.WriteFailure.TooLarge;
import io.llamamesh.scraper.store.WriteFailure.Unavailable;
import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writer of batches of pages that bisects a batch which the store does not accept, by pages first,
 * until the lines at fault are found, so that they do not block the others.
 *
 * <p>Guarantees: a line is given up only if the store says that it dropped it, or if the store
 * rejects it alone, twice, accepts a line in between that it accepted before, and accepted others
 * of the batch. If it accepted none of the batch, but whole pages recently, a rejected page is
 * retried later, until its caller allows giving up lines. A store that accepts nothing is
 * unavailable, and the whole batch stays with its callers.
 *
 * <p>Not thread-safe but for {@link #rejected}.
 */
final class BatchSplitter {
  private static final Logger LOG = LoggerFactory.getLogger(BatchSplitter.class);
  private static final int MAX_REJECTIONS = 500;

  private static final int MAX_FAILURES = 64;

  /** Time limit of a bisection: after it a slow store has other pages to write. */
  static final Duration MAX_SEARCH = Duration.ofMinutes(1);

  /** Lines rejected one by one, none of the batch accepted, until no more are tried. */
  private static final int MAX_UNMATCHED = 16;

  /** Lines of a batch that are tried alone if the store has never accepted one. */
  private static final int SAMPLES = 7;

  private static final int MAX_LOGGED = 3;

  private final Store store;
  private final InstantSource clock;
  private final BatchSize size = new BatchSize();
  private final AtomicLong rejected = new AtomicLong();
  // The line that the store accepted last. Writing it again changes nothing, and shows whether the
  // store or the new lines are at fault.
  private @Nullable String knownGoodLine;

  /**
   * Lines of one agent's page.
   *
   * @param mayGiveUp true if lines may be given up although the store accepts none of their batch,
   *     or fails on them, if it accepts other pages
   */
  record Page(List<String> lines, boolean mayGiveUp) {}

  /**
   * Outcome of a batch.
   *
   * @param rejected number of lines given up, by page; pages without any are absent
   * @param failed the store's message by page that must be retried; the other pages are done
   * @param gaveUpAllowed pages whose lines were given up only since they allow it
   * @param message the store's message about lines given up; null if there are none
   */
  record Outcome(
      Map<Integer, Integer> rejected,
      Map<Integer, String> failed,
      Set<Integer> gaveUpAllowed,
      @Nullable String message) {}

  private record Range(int from, int to) {
    int size() {
      return to - from;
    }
  }

  /**
   * Lines given up.
   *
   * @param droppedByStore true if the store itself said that it dropped them
   */
  private record GivenUp(Range part, int lines, String message, boolean droppedByStore) {}

  BatchSplitter(Store store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  /** Number of lines rejected since the start. */
  long rejected() {
    return rejected.get();
  }

  /** Maximum lines of a request. */
  int maxLines() {
    return size.lines();
  }

  /**
   * Writes all lines that the store accepts.
   *
   * @param takesPages true if it accepted a whole page recently
   * @throws WriteFailedException if the store is unavailable; then some lines may have been
   *     written, and none is given up
   */
  Outcome write(List<Page> pages, boolean takesPages) throws WriteFailedException {
    return new Batch(pages, takesPages).write();
  }

  /** Writes lines in one request; returns null if the store accepted them. */
  private @Nullable WriteFailure tryWrite(List<String> lines) throws WriteFailedException {
    try {
      store.write(lines);
      return null;
    } catch (WriteFailedException e) {
      if (e.failure() instanceof Unavailable away) {
        if (away.late()) {
          size.recordTimeout(lines.size());
        }
        throw e;
      }
      return e.failure();
    }
  }

  /** True if the store accepts the line, or at least answers with a verdict on it. */
  private boolean accepts(String line) throws WriteFailedException {
    WriteFailure failure = tryWrite(List.of(line));
    if (failure == null) {
      knownGoodLine = line;
    }
    return failure == null || failure instanceof Dropped;
  }

  private static WriteFailedException unavailable(WriteFailure failure) {
    return new WriteFailedException(new Unavailable(failure.message(), Duration.ZERO));
  }

  /** One batch being written. */
  private final class Batch {
    private final List<Page> pages;
    private final List<String> lines = new ArrayList<>();
    // Index of each page's first line, and last the number of lines.
    private final int[] starts;
    private final Deque<Range> parts = new ArrayDeque<>();
    private final List<GivenUp> givenUp = new ArrayList<>();
    private final Map<Integer, String> failed = new TreeMap<>();
    private final Set<Integer> gaveUpAllowed = new TreeSet<>();
    private int maxLines = size.lines();
    private int largestPassed;
    private boolean tooLarge;
    private int rejections;
    private int failures;
    // True once the store accepted a line that it accepted before.
    private boolean storeAccepts;
    // True once it accepted some of the batch.
    private boolean acceptedNew;
    // True if it accepted a whole page recently.
    private final boolean acceptsPages;
    private final Instant searchUntil = clock.instant().plus(MAX_SEARCH);
    private @Nullable WriteFailure lastFailure;

    Batch(List<Page> pages, boolean takesPages) {
      this.pages = pages;
      this.acceptsPages = takesPages;
      this.starts = new int[pages.size() + 1];
      for (int i = 0; i < pages.size(); i++) {
        lines.addAll(pages.get(i).lines());
        starts[i + 1] = lines.size();
      }
    }

    Outcome write() throws WriteFailedException {
      if (!lines.isEmpty()) {
        parts.push(new Range(0, lines.size()));
      }
      while (!parts.isEmpty()) {
        Range part = parts.pop();
        if (part.size() > maxLines) {
          split(part);
        } else if (!isRestOfFailedPage(part)) {
          write(part);
        }
      }
      confirm();
      if (tooLarge && largestPassed > 0) {
        size.limitTo(largestPassed);
      }
      return outcome();
    }

    private void write(Range part) throws WriteFailedException {
      WriteFailure failure = tryWrite(of(part));
      switch (failure) {
        case null -> accepted(part);
        case Unavailable away -> throw new WriteFailedException(away);
        case Dropped dropped -> dropped(part, dropped);
        case Rejected rejection -> rejected(part, rejection);
        case TooLarge large -> tooLarge(part, large);
        case Failed failing -> failed(part, failing);
      }
    }

    private void accepted(Range part) {
      storeAccepts = true;
      acceptedNew = true;
      knownGoodLine = lines.get(part.to() - 1);
      largestPassed = Math.max(largestPassed, part.size());
      if (!tooLarge) {
        size.recordAccepted(part.size());
      }
    }

    private void dropped(Range part, Dropped dropped) {
      acceptedNew = acceptedNew || dropped.lines() < part.size();
      givenUp.add(
          new GivenUp(part, Math.min(dropped.lines(), part.size()), dropped.message(), true));
    }

    private void rejected(Range part, Rejected rejection) throws WriteFailedException {
      rejections++;
      requireStoreAccepts(part, rejection);
      if (isDivisible(part, rejections < MAX_REJECTIONS)) {
        halve(part);
      } else if (isRetriedLater(part)) {
        fail(page(part.from()), rejection);
      } else {
        giveUp(part, rejection);
      }
    }

    private void tooLarge(Range part, TooLarge large) throws WriteFailedException {
      tooLarge = true;
      if (part.size() > 1) {
        maxLines = (part.size() + 1) / 2;
        halve(part);
        return;
      }
      // The line itself is too large, not the number of lines.
      maxLines = size.lines();
      requireStoreAccepts(part, large);
      giveUp(part, large);
    }

    private void failed(Range part, Failed failing) throws WriteFailedException {
      failures++;
      if (!storeAccepts) {
        String known = knownGoodLine;
        storeAccepts = known != null && accepts(known);
      }
      if (!storeAccepts) {
        throw unavailable(failing);
      }
      int page = page(part.from());
      int affordable = pages.get(page).mayGiveUp() ? MAX_REJECTIONS : MAX_FAILURES;
      if (isDivisible(part, failures < affordable)) {
        halve(part);
      } else if (!isRetriedLater(part) && mayGiveUp(page)) {
        giveUp(part, failing);
      } else {
        fail(page, failing);
      }
    }

    private void fail(int page, WriteFailure failure) {
      failed.put(page, failure.message());
      lastFailure = failure;
    }

    /**
     * True if the page allows giving up lines, which is recorded: to be called only if it matters.
     */
    private boolean mayGiveUp(int page) {
      boolean mayGiveUp = pages.get(page).mayGiveUp();
      if (mayGiveUp) {
        gaveUpAllowed.add(page);
      }
      return mayGiveUp;
    }

    private boolean acceptsOthers() {
      return acceptedNew || acceptsPages;
    }

    /** True for the rest of a page that failed, which is retried with the page. */
    private boolean isRestOfFailedPage(Range part) {
      return acceptsOthers() && isOnePage(part) && failed.containsKey(page(part.from()));
    }

    /** True if the search should descend into a part; parts of several pages are always divided. */
    private boolean isDivisible(Range part, boolean affordable) {
      return part.size() > 1 && ((affordable && !isTimeUp()) || !isOnePage(part));
    }

    /**
     * True if good lines may be left in a part, since finding the bad ones took too long or too
     * many requests. A page that allows giving up lines loses them only if the time was enough.
     */
    private boolean isRetriedLater(Range part) {
      return part.size() > 1 && (isTimeUp() || !mayGiveUp(page(part.from())));
    }

    private boolean isTimeUp() {
      return clock.instant().isAfter(searchUntil);
    }

    private boolean isOnePage(Range part) {
      return page(part.from()) == page(part.to() - 1);
    }

    /** Confirms that the store still accepts other lines than those that it did not accept. */
    private void confirm() throws WriteFailedException {
      if (!acceptedNew) {
        retryRejected();
      }
      WriteFailure last = lastFailure;
      String known = knownGoodLine;
      if (last != null
          && (!acceptsOthers() || (!failed.isEmpty() && (known == null || !accepts(known))))) {
        throw unavailable(last);
      }
    }

    /**
     * Retries pages later, rather than giving up their lines while no other of the batch was
     * accepted.
     */
    private void retryRejected() {
      for (GivenUp part : givenUp) {
        int page = page(part.part().from());
        if (!part.droppedByStore() && !mayGiveUp(page)) {
          failed.put(page, part.message());
        }
      }
    }

    private void requireStoreAccepts(Range part, WriteFailure failure) throws WriteFailedException {
      storeAccepts = storeAccepts || acceptsAny(part);
      if (!storeAccepts) {
        throw unavailable(failure);
      }
    }

    /**
     * Tests the store with the line that it accepted last; if there is none, with some lines of the
     * part.
     */
    private boolean acceptsAny(Range part) throws WriteFailedException {
      String known = knownGoodLine;
      if (known != null) {
        return accepts(known);
      }
      int tried = Math.min(SAMPLES, part.size() - 1);
      for (int i = 0; i < tried; i++) {
        if (accepts(lines.get(part.from() + (int) ((long) part.size() * i / tried)))) {
          // If it only gave a verdict on the line there is no known good line yet.
          acceptedNew = acceptedNew || knownGoodLine != null;
          return true;
        }
      }
      return false;
    }

    /**
     * Gives lines of one page up if the store accepts another line between two rejections of these:
     * it may have begun, or ceased, to reject everything.
     */
    private void giveUp(Range part, WriteFailure failure) throws WriteFailedException {
      int page = page(part.from());
      boolean unmatched = !acceptedNew && givenUp.size() >= MAX_UNMATCHED;
      if (unmatched && acceptsPages && !mayGiveUp(page)) {
        fail(page, failure);
        return;
      }
      String known = knownGoodLine;
      if ((unmatched && !acceptsPages) || known == null || !accepts(known)) {
        throw unavailable(failure);
      }
      WriteFailure again = tryWrite(of(part));
      switch (again) {
        case null -> accepted(part);
        case Dropped dropped -> dropped(part, dropped);
        case Failed failing when !mayGiveUp(page) -> fail(page, failing);
        case WriteFailure refusal -> {
          givenUp.add(new GivenUp(part, part.size(), refusal.message(), false));
          lastFailure = refusal;
        }
      }
    }

    private List<String> of(Range part) {
      return lines.subList(part.from(), part.to());
    }

    /** Splits a part into parts of the maximum size. */
    private void split(Range part) {
      int last = (part.size() - 1) / maxLines;
      for (int i = last; i >= 0; i--) {
        int from = part.from() + i * maxLines;
        parts.push(new Range(from, Math.min(part.to(), from + maxLines)));
      }
    }

    /** Halves a part, between pages if it has several. */
    private void halve(Range part) {
      int middle = part.from() + part.size() / 2;
      int border = starts[page(middle)];
      if (border <= part.from()) {
        border = starts[page(middle) + 1];
      }
      int cut = border > part.from() && border < part.to() ? border : middle;
      parts.push(new Range(cut, part.to()));
      parts.push(new Range(part.from(), cut));
    }

    /** Index of the page that a line belongs to. */
    private int page(int line) {
      int page = 0;
      while (starts[page + 1] <= line) {
        page++;
      }
      return page;
    }

    private Outcome outcome() {
      Map<Integer, Integer> byPage = new TreeMap<>();
      String message = null;
      int logged = 0;
      long sum = 0;
      for (GivenUp part : givenUp) {
        int page = page(part.part().from());
        if (failed.containsKey(page) && isOnePage(part.part())) {
          // The page is retried, and its lines are judged then.
          continue;
        }
        byPage.merge(page, part.lines(), Integer::sum);
        message = part.message();
        sum += part.lines();
        logged = log(part, logged);
      }
      rejected.addAndGet(sum);
      if (logged > MAX_LOGGED) {
        LOG.warn("points rejected for good points={} of={}", sum, lines.size());
      }
      return new Outcome(byPage, failed, gaveUpAllowed, message);
    }

    private int log(GivenUp part, int logged) {
      if (logged < MAX_LOGGED) {
        LOG.warn(
            "points rejected for good points={} of={} first={} error={}",
            part.lines(),
            part.part().size(),
            lines.get(part.part().from()),
            part.message());
      }
      return logged + 1;
    }
  }
}
