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
 * Writes a batch of pages, and where the store does not take it halves it, by pages first, until
 * the lines at fault are found, so that they do not block the others.
 *
 * <p>Guarantees: a line is given up only where the store says that it dropped it, or where the
 * store refuses it alone, twice, takes a line that it took before in between, and took others of
 * the batch. Where it took none of the batch and whole pages of late, a page that is refused comes
 * again, until who asks for it insists. A store that takes nothing is unavailable, and the whole
 * batch stays with who asked for it.
 *
 * <p>Not thread-safe but for {@link #rejected}.
 */
final class BatchSplitter {
  private static final Logger LOG = LoggerFactory.getLogger(BatchSplitter.class);
  private static final int MAX_REJECTIONS = 500;

  private static final int MAX_FAILURES = 64;

  /** So long a batch is halved: then a slow store has others' pages to write. */
  static final Duration MAX_SEARCH = Duration.ofMinutes(1);

  /** Lines refused one by one, where none of the batch was taken, until no more are tried. */
  private static final int MAX_UNMATCHED = 16;

  /** Lines of a batch that are tried alone where the store has never taken one. */
  private static final int SAMPLES = 7;

  private static final int MAX_LOGGED = 3;

  private final Store store;
  private final InstantSource clock;
  private final BatchSize size = new BatchSize();
  private final AtomicLong rejected = new AtomicLong();
  // What the store took last: whether it takes that again, which changes nothing, tells its faults
  // from those of lines.
  private @Nullable String knownGoodLine;

  /**
   * Lines that belong together.
   *
   * @param mayGiveUp whether lines that the store does not take may be given up where it takes none
   *     of their batch, or fails on them, if it takes other pages
   */
  record Page(List<String> lines, boolean mayGiveUp) {}

  /**
   * What became of a batch.
   *
   * @param rejected lines given up, by page; pages without any are absent
   * @param failed the store's words by page that is to come again; the others are done
   * @param gaveUpAllowed pages of which lines were given up only since they insist
   * @param message what the store said of lines that were given up; null where none were
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
   * Lines that are not written.
   *
   * @param droppedByStore whether the store itself said that it dropped them
   */
  private record GivenUp(Range part, int lines, String message, boolean droppedByStore) {}

  BatchSplitter(Store store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  /** Lines rejected since the start. */
  long rejected() {
    return rejected.get();
  }

  /** How many lines fit into a request. */
  int maxLines() {
    return size.lines();
  }

  /**
   * Writes what the store takes.
   *
   * @param takesPages whether it took a whole page of late
   * @throws WriteFailedException where the store is unavailable; some may have been written then,
   *     and none is given up
   */
  Outcome write(List<Page> pages, boolean takesPages) throws WriteFailedException {
    return new Batch(pages, takesPages).write();
  }

  /** Null where the store took the lines. */
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

  /** Whether the store takes that line, or at least judges it. */
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

  /** One batch on its way. */
  private final class Batch {
    private final List<Page> pages;
    private final List<String> lines = new ArrayList<>();
    // Where each page begins; at last where all end.
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
    // Whether the store takes what it took before.
    private boolean storeAccepts;
    // Whether it took some of the batch.
    private boolean acceptedNew;
    // Whether it took a whole page of late.
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
      // It is the line, not the number of them.
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

    /** To be asked only where it matters: that a page insists is noted. */
    private boolean mayGiveUp(int page) {
      boolean insists = pages.get(page).mayGiveUp();
      if (insists) {
        gaveUpAllowed.add(page);
      }
      return insists;
    }

    private boolean acceptsOthers() {
      return acceptedNew || acceptsPages;
    }

    /** Whether it is the rest of a page that failed: it comes again with the page. */
    private boolean isRestOfFailedPage(Range part) {
      return acceptsOthers() && isOnePage(part) && failed.containsKey(page(part.from()));
    }

    /** Whether to look for the fault further down: of pages each is looked at. */
    private boolean isDivisible(Range part, boolean affordable) {
      return part.size() > 1 && ((affordable && !isTimeUp()) || !isOnePage(part));
    }

    /**
     * Whether good lines may be left in it, since it took too long or too many requests to find the
     * others. Who insists loses them only where it is not for want of time.
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

    /** Whether the store takes others than those that it did not take, also by now. */
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
     * Pages that come again rather than lose lines beside which no other of the batch was taken.
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

    /** Asks with what the store took last; where it never took any, with some lines of the part. */
    private boolean acceptsAny(Range part) throws WriteFailedException {
      String known = knownGoodLine;
      if (known != null) {
        return accepts(known);
      }
      int tried = Math.min(SAMPLES, part.size() - 1);
      for (int i = 0; i < tried; i++) {
        if (accepts(lines.get(part.from() + (int) ((long) part.size() * i / tried)))) {
          // Where it only judged the line there is none yet to ask with.
          acceptedNew = acceptedNew || knownGoodLine != null;
          return true;
        }
      }
      return false;
    }

    /**
     * Gives lines of one page up if the store takes another between two refusals of these: it may
     * have begun to refuse everything, or have ceased to.
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

    /** Cuts into parts that may pass. */
    private void split(Range part) {
      int last = (part.size() - 1) / maxLines;
      for (int i = last; i >= 0; i--) {
        int from = part.from() + i * maxLines;
        parts.push(new Range(from, Math.min(part.to(), from + maxLines)));
      }
    }

    /** Halves, between pages where there are several. */
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

    /** Which page a line is of. */
    private int page(int line) {
      int page = 0;
      while (starts[page + 1] <= line) {
        page++;
      }
      return page;
    }

    private Outcome outcome() {
      Map<Integer, Integer> byPage = new TreeMap<>();
      String words = null;
      int logged = 0;
      long sum = 0;
      for (GivenUp part : givenUp) {
        int page = page(part.part().from());
        if (failed.containsKey(page) && isOnePage(part.part())) {
          // It comes again, and is judged then.
          continue;
        }
        byPage.merge(page, part.lines(), Integer::sum);
        words = part.message();
        sum += part.lines();
        logged = log(part, logged);
      }
      rejected.addAndGet(sum);
      if (logged > MAX_LOGGED) {
        LOG.warn("store rejected points for good points={} of={}", sum, lines.size());
      }
      return new Outcome(byPage, failed, gaveUpAllowed, words);
    }

    private int log(GivenUp part, int logged) {
      if (logged < MAX_LOGGED) {
        LOG.warn(
            "store rejected points for good error={} points={} of={} first={}",
            part.message(),
            part.lines(),
            part.part().size(),
            lines.get(part.part().from()));
      }
      return logged + 1;
    }
  }
}
