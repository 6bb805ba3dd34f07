package io.llamamesh.scraper.pull;

import io.llamamesh.results.ControlCharacters;
import io.llamamesh.results.Point;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.HostPort;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Matrix;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Poller of one agent: fetches its windows when they are due, puts them into the matrix, and offers
 * them to the pump that stores them.
 *
 * <p>Owns a virtual thread, which ends with {@link #close}. Everything else may be called by any
 * thread.
 */
final class AgentPoller implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentPoller.class);
  private static final int LATE_INTERVALS = 3;
  private static final int LOG_EVERY_FAILURES = 60;

  private final AgentPosition position;
  private final @Nullable StorePump pump;
  private final Matrix matrix;
  private final AgentClient client;
  private final InstantSource clock;
  private final PullCounters counters;
  private final PullSchedule schedule;
  private final LegacyWindows legacy;
  private final PageAdmission admission;
  private final CountDownLatch closed = new CountDownLatch(1);
  private @Nullable Thread thread;

  // Written by the thread, read by any.
  private volatile String source;
  private volatile @Nullable Instant lastAnswer;
  private volatile @Nullable Instant lastWindow;
  private volatile @Nullable String problem;
  // Owned by the thread. One window at a time while up to date, so that other agents need not wait.
  private boolean catchingUp;
  private final PageSize pages = new PageSize();
  private final CatchUpBudget budget = new CatchUpBudget();

  /**
   * @param pump null without a store
   */
  AgentPoller(
      AgentPosition position,
      @Nullable StorePump pump,
      Matrix matrix,
      AgentClient client,
      InstantSource clock,
      PullCounters counters,
      PageAdmission admission,
      SourceNames names) {
    this.position = position;
    this.pump = pump;
    this.source = position.name();
    this.matrix = matrix;
    this.client = client;
    this.clock = clock;
    this.counters = counters;
    this.admission = admission;
    this.legacy = new LegacyWindows(names);
    this.schedule = new PullSchedule(position.interval(), position.name());
  }

  /** Starts its thread; to be called once. */
  void start() {
    thread = Thread.ofVirtual().name("poll-" + position.name()).start(this::run);
  }

  AgentHealth health() {
    Instant now = clock.instant();
    Instant window = lastWindow;
    Duration allowed =
        position
            .interval()
            .multipliedBy(LATE_INTERVALS)
            .plus(PullSchedule.PUBLISH_DELAY)
            .plusSeconds(2);
    Instant agentNow = now.plus(position.skew().residual());
    Instant answer = lastAnswer;
    // A timestamp in the future would still look fresh after the agent's death.
    boolean inFuture = window != null && window.isAfter(agentNow.plus(allowed));
    boolean answers = answer != null && answer.isAfter(now.minus(allowed));
    boolean reporting =
        window != null && !inFuture && answers && window.isAfter(agentNow.minus(allowed));
    String reason = problem;
    if (!reporting && reason == null) {
      if (window == null) {
        reason = "has not published a window yet";
      } else if (inFuture) {
        reason = "stamps its windows with future times";
      } else {
        reason = answers ? "publishes no new windows" : "has not answered lately";
      }
    }
    return new AgentHealth(
        source,
        position.address().toString(),
        reporting,
        lastAnswer,
        window,
        reporting ? null : reason,
        position.skew().skew().toMillis());
  }

  @Override
  public void close() {
    closed.countDown();
    if (thread != null) {
      thread.interrupt();
    }
  }

  private void run() {
    try {
      Instant due = clock.instant();
      while (!closed.await(
          Math.max(0, Duration.between(clock.instant(), due).toMillis()), TimeUnit.MILLISECONDS)) {
        due = poll();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Instant poll() throws InterruptedException {
    try {
      WindowCursor after = position.readCursor();
      boolean received;
      try (AgentClient.FetchedPage fetched = fetch(after)) {
        received = accept(after, fetched);
        catchingUp = fetched.page().more();
        fetched.recordSize(pages);
        budget.spend(fetched.bytes(), clock.instant());
      }
      // Windows without a pair have no points, and yet move the cursor.
      if (catchingUp && (received || !Objects.equals(after, position.readCursor()))) {
        Instant now = clock.instant();
        return now.plus(budget.pause(now));
      }
      return received
          ? schedule.afterWindow(clock.instant())
          : schedule.afterEmptyAnswer(clock.instant());
    } catch (AgentClient.AnswerTooLargeException e) {
      if (catchingUp && pages.tryShrink()) {
        return clock.instant();
      }
      return failed(e);
    } catch (AgentClient.TokenRefusedException e) {
      // It did answer: the node is not down.
      lastAnswer = clock.instant();
      return failed(e);
    } catch (IOException | RuntimeException e) {
      return failed(e);
    }
  }

  private Instant failed(Exception e) {
    counters.countFailure();
    catchingUp = false;
    Instant due = schedule.afterFailure(clock.instant());
    problem = readable(e);
    position.setReadable(false);
    if (schedule.failures() % LOG_EVERY_FAILURES == 1) {
      LOG.warn(
          "agent poll failed agent={} address={} failures={} error={}",
          source,
          position.address(),
          schedule.failures(),
          problem);
      if (e instanceof RuntimeException) {
        LOG.warn("agent answer not processed agent={}", source, e);
      }
    }
    return due;
  }

  /** A failure's message, safe to show on the page: an agent may have chosen its text. */
  private static String readable(Exception e) {
    return e instanceof IOException && e.getMessage() != null
        ? ControlCharacters.replaced(e.getMessage())
        : "its answer could not be processed; see the scraper's log";
  }

  /** Passes a page to matrix and store; true if it held a window. */
  private boolean accept(@Nullable WindowCursor after, AgentClient.FetchedPage answer) {
    Page fetched = admission.admit(answer.page());
    Instant now = clock.instant();
    Page page =
        fetched.cursor() == null
            ? legacy.withTimes(fetched, position.name(), now, schedule.interval())
            : position.skew().correct(fetched, schedule.interval());
    schedule.setPublishDelay(
        fetched.cursor() == null ? PullSchedule.LEGACY_PUBLISH_DELAY : PullSchedule.PUBLISH_DELAY);
    if (schedule.failures() > 0) {
      LOG.info("agent poll recovered agent={} address={}", source, position.address());
      schedule.recordAnswer();
    }
    lastAnswer = now;
    problem = null;
    position.setReadable(true);
    TreeSet<Instant> ends = new TreeSet<>();
    page.points().forEach(point -> ends.add(point.time()));
    counters.countAnswer(page.points().size(), ends.size(), page.malformed());
    if (ends.isEmpty()) {
      if (page.cursor() != null && !page.cursor().equals(after)) {
        offerToStore(after, page, answer.maxWindows());
      }
      return false;
    }
    learnName(page.points());
    Duration residual = position.skew().residual();
    ends.forEach(end -> schedule.recordWindow(end.minus(residual)));
    position.setInterval(schedule.interval());
    lastWindow = ends.last();
    matrix.put(position.name(), source, page.points(), residual);
    offerToStore(after, page, answer.maxWindows());
    return true;
  }

  private void offerToStore(@Nullable WindowCursor after, Page page, int held) {
    if (pump != null) {
      pump.offer(after, page, held);
    }
    position.setReadCursor(page.cursor());
  }

  /** Takes the agent's name from its points: a static list has addresses only. */
  private void learnName(List<Point> points) {
    for (Point point : points) {
      String named = point.tags().get(Point.Tags.SRC_NAME);
      if (named != null) {
        source = named;
        return;
      }
    }
  }

  /** Fetches from the address that answered last, then from the agent's others. */
  private AgentClient.FetchedPage fetch(@Nullable WindowCursor after)
      throws IOException, InterruptedException {
    List<HostPort> addresses = position.endpoint().addresses();
    int first = Math.max(0, addresses.indexOf(position.address()));
    IOException failure = null;
    for (int i = 0; i < addresses.size(); i++) {
      HostPort candidate = addresses.get((first + i) % addresses.size());
      try {
        AgentClient.FetchedPage fetched =
            client.fetch(
                position.endpoint().name(),
                candidate,
                after,
                position.safeCursor(),
                catchingUp ? pages.windows() : 1,
                catchingUp);
        position.setAddress(candidate);
        return fetched;
      } catch (AgentClient.AnswerTooLargeException e) {
        throw e;
      } catch (IOException e) {
        // Of several failures the one with an answer says most, even if it is a refusal.
        failure = failure == null || e instanceof AgentClient.TokenRefusedException ? e : failure;
      }
    }
    position.setAddress(addresses.get(first));
    throw failure == null ? new IOException("agent has no address") : failure;
  }
}
