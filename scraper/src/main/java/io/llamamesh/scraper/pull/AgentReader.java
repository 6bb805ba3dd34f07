package io.llamamesh.scraper.pull;

import io.llamamesh.results.ControlCharacters;
import io.llamamesh.results.Point;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.Agent;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.cluster.HostPort;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.store.StoreWriter;
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
 * Reads one agent: asks for its windows when they are due, puts them into the matrix, and hands
 * them to the store.
 *
 * <p>Owns a virtual thread for reading and, where there is a store, another one for writing; both
 * end with {@link #close}. Everything else may be called by any thread.
 */
final class AgentReader implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AgentReader.class);
  private static final int LATE_INTERVALS = 3;
  private static final int LOG_EVERY_FAILURES = 60;

  private final Matrix matrix;
  private final AgentClient client;
  private final InstantSource clock;
  private final Counters counters;
  private final PullSchedule schedule;
  private final LegacyWindows legacy;
  private final SkewCorrection skew = new SkewCorrection();
  private final SeriesQuota quota = new SeriesQuota();
  private final @Nullable StoreFeed feed;
  private final CountDownLatch closed = new CountDownLatch(1);
  private @Nullable Thread reading;
  private @Nullable Thread writing;

  // Written by the reading thread, read by any.
  private volatile Agent agent;
  private volatile String name;
  private volatile HostPort address;
  private volatile @Nullable WindowCursor seen;
  private volatile @Nullable Instant lastAnswer;
  private volatile @Nullable Instant lastWindow;
  private volatile @Nullable String problem;
  private volatile Duration interval;
  // One window a time while all goes well, so that nobody waits for who has to catch up.
  private boolean behind;
  private final PageSize pages = new PageSize();
  // The writing thread's.
  private final PageSize pagesToStore = new PageSize();

  AgentReader(
      Agent agent,
      @Nullable Bookmark from,
      boolean leads,
      Duration interval,
      Matrix matrix,
      @Nullable StoreWriter writer,
      AgentClient client,
      InstantSource clock,
      Counters counters,
      Waiting waiting,
      SourceNames names) {
    this.agent = agent;
    this.name = agent.name();
    this.address = agent.addresses().getFirst();
    this.seen = from == null ? null : from.cursor();
    if (from != null) {
      skew.adopt(from.clockOffset());
    }
    this.interval = interval;
    this.matrix = matrix;
    this.client = client;
    this.clock = clock;
    this.counters = counters;
    this.legacy = new LegacyWindows(names);
    this.schedule = new PullSchedule(interval, agent.name());
    this.feed =
        writer == null
            ? null
            : new StoreFeed(
                agent.name(),
                seen,
                leads,
                writer,
                this::fetchForStore,
                () -> this.interval,
                clock,
                counters,
                waiting);
  }

  /** Starts its threads; to be called once. */
  void start() {
    reading = Thread.ofVirtual().name("read-" + agent.name()).start(this::run);
    StoreFeed toStore = feed;
    if (toStore != null) {
      writing = Thread.ofVirtual().name("store-" + agent.name()).start(toStore::run);
    }
  }

  /** Tells where the agent is now. */
  void moved(Agent newer) {
    agent = newer;
  }

  /** Where to go on after a restart: behind what is stored, or read without a store. */
  @Nullable Bookmark bookmark() {
    WindowCursor cursor = safe();
    return cursor == null ? null : new Bookmark(cursor, skew.offset(), null);
  }

  /** Stores from now on, beginning where the one before left off. */
  void lead(@Nullable Bookmark from) {
    if (from != null) {
      skew.adopt(from.clockOffset());
    }
    if (feed != null) {
      feed.lead(from == null ? null : from.cursor());
    }
  }

  /** Stores nothing from now on, since another does. */
  void follow() {
    if (feed != null) {
      feed.follow();
    }
  }

  private @Nullable WindowCursor safe() {
    return feed == null ? seen : feed.stored();
  }

  AgentHealth health() {
    Instant now = clock.instant();
    Instant window = lastWindow;
    Duration allowed =
        interval.multipliedBy(LATE_INTERVALS).plus(PullSchedule.PUBLISHED_AFTER).plusSeconds(2);
    Instant here = now.plus(skew.residual());
    Instant answer = lastAnswer;
    // A stamp from the future would outlast the agent's death.
    boolean ahead = window != null && window.isAfter(here.plus(allowed));
    boolean answers = answer != null && answer.isAfter(now.minus(allowed));
    boolean reporting = window != null && !ahead && answers && window.isAfter(here.minus(allowed));
    String why = problem;
    if (!reporting && why == null) {
      if (window == null) {
        why = "has not published a window yet";
      } else if (ahead) {
        why = "stamps its windows with times to come";
      } else {
        why = answers ? "publishes no new windows" : "has not answered lately";
      }
    }
    return new AgentHealth(
        name,
        address.toString(),
        reporting,
        lastAnswer,
        window,
        reporting ? null : why,
        skew.skew().toMillis());
  }

  @Override
  public void close() {
    closed.countDown();
    for (Thread thread : new Thread[] {reading, writing}) {
      if (thread != null) {
        thread.interrupt();
      }
    }
  }

  private void run() {
    try {
      Instant due = clock.instant();
      while (!closed.await(
          Math.max(0, Duration.between(clock.instant(), due).toMillis()), TimeUnit.MILLISECONDS)) {
        due = read();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Instant read() throws InterruptedException {
    try {
      WindowCursor after = seen;
      boolean news;
      try (AgentClient.Fetched fetched = fetch(after)) {
        news = take(after, fetched);
        behind = fetched.page().more();
        fetched.teach(pages);
      }
      // Windows without a pair are none to show, and yet passed.
      if (behind && (news || !Objects.equals(after, seen))) {
        return clock.instant();
      }
      return news ? schedule.afterNews(clock.instant()) : schedule.afterNothing(clock.instant());
    } catch (AgentClient.AnswerTooLargeException e) {
      if (behind && pages.tooLarge()) {
        return clock.instant();
      }
      return failed(e);
    } catch (AgentClient.TokenRefusedException e) {
      // It did answer: nobody shall look for a dead node.
      lastAnswer = clock.instant();
      return failed(e);
    } catch (IOException | RuntimeException e) {
      return failed(e);
    }
  }

  private Instant failed(Exception e) {
    counters.failed();
    behind = false;
    Instant due = schedule.afterFailure(clock.instant());
    problem = words(e);
    if (schedule.failures() % LOG_EVERY_FAILURES == 1) {
      LOG.warn(
          "agent not read agent={} address={} failures={} error={}",
          name,
          address,
          schedule.failures(),
          problem);
      if (e instanceof RuntimeException) {
        LOG.warn("agent's answer not taken agent={}", name, e);
      }
    }
    return due;
  }

  /** What went wrong, for people: the page shows it, and an agent may have had a hand in it. */
  private static String words(Exception e) {
    return e instanceof IOException && e.getMessage() != null
        ? ControlCharacters.replaced(e.getMessage())
        : "its answer could not be taken; the scraper's log says why";
  }

  /** Puts a page where it belongs; whether it held a window. */
  private boolean take(@Nullable WindowCursor after, AgentClient.Fetched answer) {
    Page fetched = admitted(answer.page());
    Instant now = clock.instant();
    Page page =
        fetched.cursor() == null
            ? legacy.timed(fetched, agent.name(), now, schedule.interval())
            : skew.correct(fetched, schedule.interval());
    schedule.publishes(
        fetched.cursor() == null
            ? PullSchedule.PUBLISHED_AT_ONCE_AFTER
            : PullSchedule.PUBLISHED_AFTER);
    if (schedule.failures() > 0) {
      LOG.info("agent answers agent={} address={}", name, address);
      schedule.answers();
    }
    lastAnswer = now;
    problem = null;
    TreeSet<Instant> ends = new TreeSet<>();
    page.points().forEach(point -> ends.add(point.time()));
    counters.answered(page.points().size(), ends.size(), page.malformed());
    if (ends.isEmpty()) {
      if (page.cursor() != null && !page.cursor().equals(after)) {
        pass(after, page, answer.limit());
      }
      return false;
    }
    learnName(page.points());
    ends.forEach(end -> schedule.window(end.minus(skew.residual())));
    interval = schedule.interval();
    lastWindow = ends.last();
    matrix.put(agent.name(), name, page.points(), skew.residual());
    pass(after, page, answer.limit());
    return true;
  }

  /** The page without points of more series than an agent may have. */
  private Page admitted(Page page) {
    List<Point> points = quota.admitted(page.points(), clock.instant());
    int excess = page.points().size() - points.size();
    if (excess == 0) {
      return page;
    }
    counters.excess(excess);
    return new Page(points, page.cursor(), page.more(), page.skew(), page.malformed());
  }

  private void pass(@Nullable WindowCursor after, Page page, int limit) {
    if (feed != null) {
      feed.hand(after, page, limit);
    }
    seen = page.cursor();
  }

  /** A static list knows addresses only; who is there says its points. */
  private void learnName(List<Point> points) {
    for (Point point : points) {
      String source = point.tags().get(Point.Tags.SRC_NAME);
      if (source != null) {
        name = source;
        return;
      }
    }
  }

  private Handed fetchForStore(@Nullable WindowCursor after)
      throws IOException, InterruptedException {
    if (problem != null) {
      // Who catches up shares few places: an agent that can't be read must not hold one.
      throw new IOException("agent can't be read");
    }
    while (true) {
      int limit = pagesToStore.windows();
      try (AgentClient.Fetched fetched = client.fetch(address, after, safe(), limit, true)) {
        Handed page = Handed.of(after, skew.correct(admitted(fetched.page()), interval), limit);
        fetched.teach(pagesToStore);
        return page;
      } catch (AgentClient.AnswerTooLargeException e) {
        if (!pagesToStore.tooLarge()) {
          throw e;
        }
      }
    }
  }

  /** Asks the address that answered last, then the agent's others. */
  private AgentClient.Fetched fetch(@Nullable WindowCursor after)
      throws IOException, InterruptedException {
    List<HostPort> addresses = agent.addresses();
    int first = Math.max(0, addresses.indexOf(address));
    IOException failure = null;
    for (int i = 0; i < addresses.size(); i++) {
      HostPort candidate = addresses.get((first + i) % addresses.size());
      try {
        AgentClient.Fetched fetched =
            client.fetch(candidate, after, safe(), behind ? pages.windows() : 1, behind);
        address = candidate;
        return fetched;
      } catch (AgentClient.AnswerTooLargeException e) {
        throw e;
      } catch (IOException e) {
        // Of several addresses the one that answered, if only to refuse us, says most.
        failure = failure == null || e instanceof AgentClient.TokenRefusedException ? e : failure;
      }
    }
    address = addresses.get(first);
    throw failure == null ? new IOException("agent has no address") : failure;
  }
}
