package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.store.LineProtocol;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.scraper.store.WriteResult;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ingest of the last windows of a draining agent: the same list of points that it would have
 * answered with. Thread-safe.
 */
public final class WindowIngest {
  private static final Logger LOG = LoggerFactory.getLogger(WindowIngest.class);

  /**
   * Owner of all posted series: a sender may claim any name, so new ones share one quota of memory.
   */
  private static final String POSTED = "(posted)";

  private final Matrix matrix;
  private final @Nullable StoreWriter writer;
  private final PullCounters counters;
  private final PostedAdmission admission;

  /**
   * @param writer null without a store: then points are kept in memory only
   * @param counters count what is left out
   */
  public WindowIngest(
      Matrix matrix, @Nullable StoreWriter writer, PullCounters counters, InstantSource clock) {
    this.matrix = matrix;
    this.writer = writer;
    this.counters = counters;
    this.admission = new PostedAdmission(counters, clock);
  }

  /** Outcome of a post. */
  public sealed interface Outcome {
    /**
     * The points are stored; the agent may discard them.
     *
     * @param points how many
     */
    record Accepted(int points) implements Outcome {}

    /**
     * The points are not stored now; the agent keeps them.
     *
     * @param why the store's message
     */
    record Postponed(String why) implements Outcome {}

    /**
     * The body is invalid.
     *
     * @param why the reason
     */
    record Refused(String why) implements Outcome {}
  }

  /** Reason why nothing can be stored now, known before a body is read; null if it can. */
  public Outcome.@Nullable Postponed postponement() {
    WriteResult.Postponed closed = writer == null ? null : writer.postponement();
    return closed == null ? null : new Outcome.Postponed(closed.message());
  }

  /**
   * Stores a body's points; returns once the store has acknowledged them or not.
   *
   * @param source address of the sender
   */
  public Outcome accept(byte[] body, InetAddress source) throws InterruptedException {
    Page page;
    try {
      page = PageParser.parsePosted(body);
    } catch (IOException e) {
      return new Outcome.Refused(String.valueOf(e.getMessage()));
    }
    if (page.malformed() > 0) {
      counters.countMalformed(page.malformed());
      LOG.warn("malformed points dropped from a post points={}", page.malformed());
    }
    List<Point> points = admission.admit(source, page).points();
    if (writer != null) {
      switch (writer.write(LineProtocol.lines(points))) {
        case WriteResult.Acknowledged _ -> {}
        case WriteResult.Postponed postponed -> {
          return new Outcome.Postponed(postponed.message());
        }
        case WriteResult.Failed failed -> {
          return new Outcome.Postponed(failed.message());
        }
      }
    }
    if (!points.isEmpty()) {
      String name = points.getFirst().tags().getOrDefault(Point.Tags.SRC_NAME, "unknown");
      matrix.put(POSTED, name, points, Duration.ZERO);
    }
    return new Outcome.Accepted(points.size());
  }
}
