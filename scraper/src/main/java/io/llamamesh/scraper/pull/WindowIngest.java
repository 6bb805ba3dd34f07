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
 * Takes the last windows of an agent that drains: the same list of points that it would have
 * answered with. Thread-safe.
 */
public final class WindowIngest {
  private static final Logger LOG = LoggerFactory.getLogger(WindowIngest.class);

  /** Whoever posts may give any name: what is new comes out of one share of the memory. */
  private static final String POSTED = "(posted)";

  private final Matrix matrix;
  private final @Nullable StoreWriter writer;
  private final PullCounters counters;
  private final PostedAdmission admission;

  /**
   * @param writer null where nothing is stored: then memory is where points are safe
   * @param counters count what is left out
   */
  public WindowIngest(
      Matrix matrix, @Nullable StoreWriter writer, PullCounters counters, InstantSource clock) {
    this.matrix = matrix;
    this.writer = writer;
    this.counters = counters;
    this.admission = new PostedAdmission(counters, clock);
  }

  /** What became of what an agent posted. */
  public sealed interface Outcome {
    /**
     * The store has them; the agent may forget them.
     *
     * @param points how many
     */
    record Accepted(int points) implements Outcome {}

    /**
     * Not now; the agent keeps them.
     *
     * @param why the store's words
     */
    record Postponed(String why) implements Outcome {}

    /**
     * Not such a body.
     *
     * @param why what is wrong with it
     */
    record Refused(String why) implements Outcome {}
  }

  /** Why nothing can be taken now, before a body is read; null where it can. */
  public Outcome.@Nullable Postponed postponement() {
    WriteResult.Postponed closed = writer == null ? null : writer.postponement();
    return closed == null ? null : new Outcome.Postponed(closed.message());
  }

  /**
   * Takes a body; returns after the store acknowledged it or did not.
   *
   * @param source the address that it was posted from
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
      LOG.warn("points posted that cannot be read, left out points={}", page.malformed());
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
