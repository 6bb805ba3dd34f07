package io.llamamesh.agent.store;

import com.fasterxml.jackson.databind.SequenceWriter;
import io.llamamesh.agent.points.LossRule;
import io.llamamesh.agent.points.WindowPoints;
import io.llamamesh.agent.window.ClosedWindow;
import io.llamamesh.agent.window.WindowArchive;
import io.llamamesh.registration.IngestClient;
import io.llamamesh.results.InfluxDataHeaders;
import io.llamamesh.results.Point;
import io.llamamesh.results.ResultsJson;
import io.llamamesh.results.WindowCursor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts closed windows to a scraper's {@code /ingest} as they are published: an agent behind
 * address translation cannot be polled.
 *
 * <p>Guarantees:
 *
 * <ul>
 *   <li>Windows are posted oldest first, in pages that name their last window and their number of
 *       windows; the next page begins only when the store has acknowledged this one.
 *   <li>A page without an answer is posted again. The scraper knows it by its number, and the store
 *       by its times: nothing is doubled.
 *   <li>The backlog is the archive, with its bounds of time and memory. A window that left it
 *       unposted is counted by {@link #givenUp}, and so is one that the scraper refuses for good,
 *       or that was measured before this host's clock was set.
 *   <li>Who else reads this agent does not move its position.
 * </ul>
 *
 * <p>Owns a virtual thread, which {@link #close} ends; everything public may be called by any.
 */
public final class WindowPush implements AutoCloseable {

  /** Most windows of a page. */
  static final int PAGE_WINDOWS = DrainUpload.PAGE_WINDOWS;

  /** No clock that is right shows less; boards without a battery start in 1970. */
  private static final long NO_EARLIER_NANOS =
      TimeUnit.SECONDS.toNanos(Instant.parse("2026-01-01T00:00:00Z").getEpochSecond());

  private static final Logger LOG = LoggerFactory.getLogger(WindowPush.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);
  private static final Duration LAST_PAUSE = Duration.ofMillis(500);

  /** Windows of all agents end in the same second. */
  private static final long SPREAD_MILLIS = 1_000;

  private static final Duration STEP = Duration.ofMillis(50);
  private static final int OK = 200;
  private static final int BAD_REQUEST = 400;
  private static final int TOO_LARGE = 413;

  private final WindowArchive archive;
  private final Poster poster;
  private final String server;
  private final Supplier<Map<String, String>> destinationTags;
  private final LossRule loss;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean finishing;
  private volatile long stored;
  private final LongAdder givenUp = new LongAdder();
  private final LongAdder posts = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private volatile @Nullable String problem;

  // Owned by the thread.
  private int pageWindows = PAGE_WINDOWS;
  private Duration pause = FIRST_PAUSE;

  /** Sends a page. */
  @FunctionalInterface
  interface Poster {
    IngestClient.Answer post(Map<String, String> headers, byte[] gzip) throws IOException;
  }

  @SuppressWarnings("ArrayRecordComponent") // It is sent, never compared.
  private record Page(byte[] gzip, int windows, long last) {}

  /**
   * A push of an archive's windows; {@link #start} begins it.
   *
   * @param us tags of this agent as a destination, by which the scraper knows it
   * @param loss rule by which its points count loss
   */
  public WindowPush(
      WindowArchive archive,
      IngestClient client,
      Supplier<Map<String, String>> us,
      LossRule loss,
      RandomGenerator random) {
    this(archive, client::post, client.server(), us, loss, InstantSource.system(), random);
  }

  WindowPush(
      WindowArchive archive,
      Poster poster,
      String server,
      Supplier<Map<String, String>> us,
      LossRule loss,
      InstantSource clock,
      RandomGenerator random) {
    this.archive = archive;
    this.poster = poster;
    this.server = server;
    this.destinationTags = us;
    this.loss = loss;
    this.clock = clock;
    this.random = random;
    this.stored = Math.max(0, archive.oldest() - 1);
    this.thread = Thread.ofVirtual().name("window-push").unstarted(this::run);
  }

  /** Starts posting; to be called once. */
  public void start() {
    thread.start();
  }

  /** URL that it posts to. */
  public String server() {
    return server;
  }

  /** Number of the last window that the store has. */
  public long stored() {
    return stored;
  }

  /** Number of windows that wait to be posted. */
  public long backlog() {
    return Math.max(0, archive.published() - Math.max(stored, archive.oldest() - 1));
  }

  /** Number of windows that were not posted and never will be. */
  public long givenUp() {
    return givenUp.sum();
  }

  /** Number of acknowledged posts. */
  public long posts() {
    return posts.sum();
  }

  /** Number of posts that were not acknowledged. */
  public long failures() {
    return failures.sum();
  }

  /** Reason why the last post was not acknowledged; null where it was. */
  public @Nullable String problem() {
    return problem;
  }

  private void run() {
    try {
      while (!isClosed()) {
        if (archive.await(stored, () -> finishing || isClosed())) {
          boolean fresh = backlog() == 1 && problem == null && !finishing;
          long spread = fresh ? random.nextLong(SPREAD_MILLIS) : 0;
          if (closed.await(spread, TimeUnit.MILLISECONDS)) {
            return;
          }
          Duration wait = step();
          if (closed.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
            return;
          }
        } else if (finishing) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  /** Posts one page; returns the pause before the next. */
  Duration step() {
    try {
      Page page = page();
      if (page.windows() == 0) {
        return Duration.ZERO;
      }
      IngestClient.Answer answer = poster.post(headers(page), page.gzip());
      if (answer.status() == OK) {
        recordStored(page);
        return Duration.ZERO;
      }
      boolean bad = answer.status() == BAD_REQUEST || answer.status() == TOO_LARGE;
      if (bad && page.windows() > 1) {
        // One of them is at fault, or they are too many.
        pageWindows = Math.max(1, page.windows() / 2);
        return Duration.ZERO;
      }
      if (bad) {
        giveUp(1, page.last(), "refused: " + answer.message());
        return Duration.ZERO;
      }
      return failed("HTTP " + answer.status() + ": " + answer.message());
    } catch (IOException e) {
      return failed(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      // One window that cannot be written as points must not keep the others.
      LOG.error("push failed unexpectedly url={}", server, e);
      return failed(e.toString());
    }
  }

  private void recordStored(Page page) {
    stored = page.last();
    archive.markRead(page.last());
    posts.increment();
    pause = FIRST_PAUSE;
    pageWindows = Math.min(PAGE_WINDOWS, 2 * pageWindows);
    if (problem != null) {
      LOG.info("push recovered url={} backlog={}", server, backlog());
    }
    problem = null;
  }

  private Duration failed(String why) {
    failures.increment();
    if (problem == null) {
      LOG.warn("push failed, windows are kept url={} backlog={} error={}", server, backlog(), why);
    }
    problem = why;
    Duration longest = finishing ? LAST_PAUSE : pause;
    pause = min(pause.multipliedBy(2), LONGEST_PAUSE);
    long millis = longest.toMillis();
    return Duration.ofMillis(millis / 2 + random.nextLong(millis / 2 + 1));
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private void giveUp(long windows, long last, String why) {
    givenUp.add(windows);
    stored = last;
    LOG.warn("windows given up windows={} last={} reason=\"{}\"", windows, last, why);
  }

  private Map<String, String> headers(Page page) {
    String name = destinationTags.get().getOrDefault(Point.Tags.DST_NAME, "");
    return Map.of(
        InfluxDataHeaders.AGENT,
        URLEncoder.encode(name, StandardCharsets.UTF_8),
        InfluxDataHeaders.CURSOR,
        new WindowCursor(archive.bootId(), page.last()).toString(),
        InfluxDataHeaders.WINDOWS,
        Integer.toString(page.windows()),
        InfluxDataHeaders.CLOCK,
        DateTimeFormatter.ISO_INSTANT.format(clock.instant()));
  }

  /** The next windows that follow each other without a gap. */
  private Page page() throws IOException {
    skipUnusable();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Counted counted = new Counted(new GZIPOutputStream(bytes));
    int windows = 0;
    long last = stored;
    try (SequenceWriter writer =
        ResultsJson.mapper().writerFor(Point.class).writeValuesAsArray(counted)) {
      while (windows < pageWindows && counted.bytes < DrainUpload.PAGE_BYTES) {
        List<ClosedWindow> next = archive.after(last, 1).windows();
        if (next.isEmpty()
            || next.getFirst().sequence() != last + 1
            || next.getFirst().endNanos() < NO_EARLIER_NANOS) {
          break;
        }
        WindowPoints.of(next.getFirst(), false, destinationTags.get(), loss, writer::write);
        writer.flush();
        windows++;
        last++;
      }
    }
    return new Page(bytes.toByteArray(), windows, last);
  }

  /** Gives up what is no longer retained, and what bears the time of a clock that was not set. */
  private void skipUnusable() {
    long oldest = archive.oldest();
    if (oldest > stored + 1) {
      giveUp(oldest - 1 - stored, oldest - 1, "no longer retained");
    }
    long from = stored;
    long to = from;
    for (ClosedWindow window : archive.after(from, PAGE_WINDOWS).windows()) {
      if (window.endNanos() >= NO_EARLIER_NANOS) {
        break;
      }
      to = window.sequence();
    }
    if (to > from) {
      giveUp(to - from, to, "measured before the clock was set");
    }
  }

  /** Posts what is left, until it is done, time is up or an urgent stop; then ends the thread. */
  public void finish(Duration patience, DrainUpload.Pause stop) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    finishing = true;
    archive.wakeUp();
    while (thread.isAlive() && deadline - System.nanoTime() > 0) {
      if (stop.awaitStop(STEP)) {
        break;
      }
    }
    close();
    if (backlog() > 0) {
      LOG.warn("unread windows not uploaded url={} left={} error={}", server, backlog(), problem);
    }
  }

  @Override
  public void close() {
    closed.countDown();
    thread.interrupt();
  }

  /** Counts what was written, before compression. */
  private static final class Counted extends java.io.FilterOutputStream {
    private long bytes;

    Counted(GZIPOutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] buffer, int offset, int length) throws IOException {
      out.write(buffer, offset, length);
      bytes += length;
    }

    @Override
    public void write(int value) throws IOException {
      out.write(value);
      bytes++;
    }
  }
}
