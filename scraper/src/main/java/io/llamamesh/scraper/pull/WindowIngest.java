package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.store.LineProtocol;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.scraper.store.WriteResult;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ingest of posted windows: the last ones of a draining agent, the same list of points that it
 * would have answered with, and all of those of an agent that is not polled. Thread-safe.
 */
public final class WindowIngest {
  private static final Logger LOG = LoggerFactory.getLogger(WindowIngest.class);

  /**
   * Owner of all posted series: a sender may claim any name, so new ones share one quota of memory.
   */
  private static final String POSTED = "(posted)";

  /** A sender that tries again and again fills no log. */
  private static final Duration LOG_EVERY = Duration.ofSeconds(10);

  private final Matrix matrix;
  private final @Nullable StoreWriter writer;
  private final PullCounters counters;
  private final PostedAdmission admission;
  private final InstantSource clock;
  private final @Nullable PushedAgents pushed;
  private final AtomicLong foreignLogged = new AtomicLong();

  /**
   * An ingest of the last windows of draining agents, and of those that agents push.
   *
   * @param writer null without a store: then points are kept in memory only
   */
  public WindowIngest(
      Matrix matrix, @Nullable StoreWriter writer, AgentPulls pulls, InstantSource clock) {
    this(matrix, writer, pulls.counters(), clock, pulls.pushed());
  }

  /**
   * An ingest of the last windows of draining agents alone.
   *
   * @param writer null without a store: then points are kept in memory only
   * @param counters count what is left out
   */
  public WindowIngest(
      Matrix matrix, @Nullable StoreWriter writer, PullCounters counters, InstantSource clock) {
    this(matrix, writer, counters, clock, null);
  }

  private WindowIngest(
      Matrix matrix,
      @Nullable StoreWriter writer,
      PullCounters counters,
      InstantSource clock,
      @Nullable PushedAgents pushed) {
    this.matrix = matrix;
    this.writer = writer;
    this.counters = counters;
    this.clock = clock;
    this.pushed = pushed;
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

    /**
     * The body has points that the sender may not post; none of it is taken.
     *
     * @param why the reason
     */
    record Forbidden(String why) implements Outcome {}
  }

  /** Reason why nothing can be stored now, known before a body is read; null if it can. */
  public Outcome.@Nullable Postponed postponement() {
    WriteResult.Postponed closed = writer == null ? null : writer.postponement();
    return closed == null ? null : new Outcome.Postponed(closed.message());
  }

  /**
   * Head of a page that an agent pushes.
   *
   * @param agent its name
   * @param cursor of its last window
   * @param windows number of its windows
   * @param agentClock the agent's time when it posted; null if it sends none
   * @param arrived our time when the head came: what follows may take seconds
   */
  public record PushHead(
      String agent,
      WindowCursor cursor,
      int windows,
      @Nullable Instant agentClock,
      Instant arrived) {}

  /** Time of a post that comes now. */
  public Instant now() {
    return clock.instant();
  }

  /** Reason why that agent's page is not accepted now, known before its body is read; or null. */
  public Outcome.@Nullable Postponed postponement(PushHead head) {
    String refusal =
        pushed == null ? "this scraper accepts no pushed windows" : pushed.refusal(head.agent());
    return refusal == null ? postponement() : new Outcome.Postponed(refusal);
  }

  /**
   * Stores a page that an agent pushes, unless the store has it; returns once the store has
   * acknowledged it or not.
   *
   * @param source address of the sender
   */
  public Outcome acceptPushed(PushHead head, byte[] body, InetAddress source)
      throws InterruptedException {
    Outcome.Postponed later = postponement(head);
    if (later != null || pushed == null) {
      return later == null ? new Outcome.Postponed("no pushed windows here") : later;
    }
    if (pushed.isStored(head.agent(), head.cursor())) {
      pushed.recordPost(head.agent(), null);
      return new Outcome.Accepted(0);
    }
    Page page;
    try {
      page = PageParser.parsePosted(body);
    } catch (IOException e) {
      return new Outcome.Refused(String.valueOf(e.getMessage()));
    }
    Duration skew =
        head.agentClock() == null ? null : Duration.between(head.arrived(), head.agentClock());
    Page own =
        pushed.admit(
            head.agent(), new Page(page.points(), head.cursor(), false, skew, page.malformed()));
    Outcome.Postponed failed = write(own.points());
    if (failed != null) {
      pushed.recordPost(head.agent(), failed.why());
      return failed;
    }
    matrix.put(head.agent(), head.agent(), own.points(), pushed.residual(head.agent()));
    pushed.recordStored(head.agent(), head.cursor(), head.windows(), own, source.getHostAddress());
    return new Outcome.Accepted(own.points().size());
  }

  /** Writes points to the store, if there is one; null once it has acknowledged them. */
  private Outcome.@Nullable Postponed write(List<Point> points) throws InterruptedException {
    if (writer == null) {
      return null;
    }
    return switch (writer.write(LineProtocol.lines(points))) {
      case WriteResult.Acknowledged _ -> null;
      case WriteResult.Postponed postponed -> new Outcome.Postponed(postponed.message());
      case WriteResult.Failed failed -> new Outcome.Postponed(failed.message());
    };
  }

  /**
   * Stores a body's points; returns once the store has acknowledged them or not.
   *
   * @param source address of the sender
   * @param rights points that the sender may post
   */
  public Outcome accept(byte[] body, InetAddress source, PointRights rights)
      throws InterruptedException {
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
    Outcome forbidden = forbidden(page, source, rights);
    if (forbidden != null) {
      return forbidden;
    }
    List<Point> points = admission.admit(source, page).points();
    Outcome.Postponed failed = write(points);
    if (failed != null) {
      return failed;
    }
    if (!points.isEmpty()) {
      String name = points.getFirst().tags().getOrDefault(Point.Tags.SRC_NAME, "unknown");
      matrix.put(POSTED, name, points, Duration.ZERO);
    }
    return new Outcome.Accepted(points.size());
  }

  /** An agent posts its own points only, so one that is not its own condemns the rest. */
  private @Nullable Outcome forbidden(Page page, InetAddress source, PointRights rights) {
    Point foreign = rights.firstForeign(page.points());
    if (foreign == null) {
      return null;
    }
    int count = (int) page.points().stream().filter(point -> !rights.includes(point)).count();
    counters.countForeign(count);
    long last = foreignLogged.get();
    long now = clock.millis();
    if (now - last >= LOG_EVERY.toMillis() && foreignLogged.compareAndSet(last, now)) {
      LOG.warn(
          "points of other nodes refused source={} holder=\"{}\" points={} measurement={} srcName={}"
              + " dstName={}",
          source.getHostAddress(),
          rights.holder(),
          count,
          foreign.measurement(),
          foreign.tags().get(Point.Tags.SRC_NAME),
          foreign.tags().get(Point.Tags.DST_NAME));
    }
    return new Outcome.Forbidden(rights.holder() + " may not post points of another node");
  }
}
