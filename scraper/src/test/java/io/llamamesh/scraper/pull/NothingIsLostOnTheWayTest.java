package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.results.Point;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.cluster.HostPort;
import io.llamamesh.scraper.store.LineProtocol;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.scraper.testing.Points;
import io.llamamesh.scraper.testing.SimulatedStore;
import io.llamamesh.testkit.store.SimulatedStoreScript.Fault;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Agents publish windows and forget old ones, and a store changes its state. At any moment every
 * window before an agent's cursor is in the store, or counted as missed or rejected; those behind
 * it are at the agent, or will be counted.
 */
final class NothingIsLostOnTheWayTest {
  private static final Instant START = Instant.parse("2026-11-20T09:00:00Z");
  private static final int AGENTS = 5;
  private static final int STEPS = 120;
  private static final int PAGE = 10;

  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final PullCounters counters = new PullCounters();
  private final StoreBacklog waiting = new StoreBacklog();
  private final List<SimulatedAgent> agents = new ArrayList<>();

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 20);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyWindowIsStoredOrAtItsAgentOrCounted(long seed) {
    Random random = new Random(seed);
    SimulatedStore store = new SimulatedStore(new Random(~seed), NothingIsLostOnTheWayTest::fault);
    InstantSource clock = now::get;
    try (StoreWriter writer = new StoreWriter(store, clock)) {
      for (int i = 0; i < AGENTS; i++) {
        agents.add(new SimulatedAgent("agent-" + i, writer, clock));
      }
      try {
        for (int step = 0; step < STEPS; step++) {
          SimulatedAgent agent = agents.get(random.nextInt(AGENTS));
          agent.publish(1 + random.nextInt(3), random.nextInt(5) > 0);
          if (random.nextInt(40) == 0) {
            agent.forget();
          }
          pass(Duration.ofMillis(random.nextInt(8_000)));
          check(store, writer);
        }
        store.recover();
        agents.forEach(agent -> agent.publish(1, true));
        for (int step = 0; step < STEPS; step++) {
          pass(Duration.ofSeconds(16));
        }
        check(store, writer);
        // One has windows that cannot be stored: it may have to wait for others to publish.
        await()
            .untilAsserted(() -> {
              pass(Duration.ofSeconds(16));
              assertThat(agents.subList(1, AGENTS)).allMatch(SimulatedAgent::isStored);
            });
      } finally {
        agents.forEach(agent -> agent.thread.interrupt());
      }
    }
  }

  /** Lets time pass, and threads do what they can then. */
  private void pass(Duration time) {
    now.updateAndGet(instant -> instant.plus(time));
    agents.forEach(agent -> agent.pump.lead(null));
    long until = System.nanoTime() + Duration.ofMillis(20).toNanos();
    while (System.nanoTime() < until
        && agents.stream().anyMatch(agent -> agent.thread.getState() == Thread.State.RUNNABLE)) {
      Thread.onSpinWait();
    }
  }

  private void check(SimulatedStore store, StoreWriter writer) {
    List<Long> before = agents.stream().map(SimulatedAgent::storedSequence).toList();
    // What is counted is so a moment after the cursor has moved.
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .untilAsserted(() -> {
          long missed = 0;
          long refused = 0;
          for (int i = 0; i < AGENTS; i++) {
            SimulatedAgent agent = agents.get(i);
            for (long window = 1; window <= before.get(i); window++) {
              String line = agent.line(window);
              if (store.taken().contains(line)) {
                continue;
              }
              if (fault(line) == Fault.NONE) {
                assertThat(window).isLessThan(agent.oldest);
                missed++;
              } else {
                refused++;
              }
            }
          }
          assertThat(counters.missed()).isGreaterThanOrEqualTo(missed);
          assertThat(counters.missed() + writer.rejected())
              .isGreaterThanOrEqualTo(missed + refused);
        });
  }

  private static Fault fault(String line) {
    if (!line.contains("agent-0")) {
      return Fault.NONE;
    }
    long window = Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)) / 1_000 % 10;
    return window == 3
        ? Fault.REFUSED
        : window == 5 ? Fault.DROPPED : window == 7 ? Fault.FAILS : Fault.NONE;
  }

  /** Publishes one line a window. */
  private final class SimulatedAgent {
    private final String name;
    private final AgentPosition position;
    private final StorePump pump;
    private final Thread thread;
    private final List<String> lines = new ArrayList<>();
    private volatile long published;
    private volatile long oldest = 1;

    SimulatedAgent(String name, StoreWriter writer, InstantSource clock) {
      this.name = name;
      this.position =
          new AgentPosition(
              new AgentEndpoint(name, List.of(new HostPort("127.0.0.1", 1))),
              Bookmark.at(at(0)),
              true,
              Duration.ofSeconds(10));
      this.pump = new StorePump(position, true, writer, this::fetch, clock, counters, waiting);
      this.thread = Thread.ofVirtual().start(pump::run);
    }

    /** Publishes windows, and its reader may have fetched them at once. */
    void publish(int windows, boolean isRead) {
      long before = published;
      for (long window = before + 1; window <= before + windows; window++) {
        lines.addAll(LineProtocol.lines(List.of(point(window))));
      }
      published = before + windows;
      if (isRead) {
        pump.offer(at(before), page(before + 1, published), windows);
      }
    }

    void forget() {
      oldest = Math.max(oldest, published - 3);
    }

    boolean isStored() {
      return storedSequence() == published;
    }

    long storedSequence() {
      WindowCursor stored = position.storedCursor();
      return stored == null ? 0 : stored.sequence();
    }

    String line(long window) {
      return lines.get((int) window - 1);
    }

    private EncodedPage fetch(@Nullable WindowCursor after) {
      long from = Math.max(after == null ? 1 : after.sequence() + 1, oldest);
      long to = Math.min(published, from + PAGE - 1);
      if (to < from) {
        return EncodedPage.of(after, new Page(List.of(), after, false, null, 0), 0);
      }
      return EncodedPage.of(after, page(from, to), (int) (to - from + 1));
    }

    private Page page(long first, long last) {
      List<Point> points = LongStream.rangeClosed(first, last).mapToObj(this::point).toList();
      return new Page(points, at(last), last < published, null, 0);
    }

    private Point point(long window) {
      return Points.pair(name, "node-1", Instant.ofEpochSecond(1_700_000_000 + window), 16, 0, 0.1);
    }
  }

  private static WindowCursor at(long sequence) {
    return new WindowCursor("boot-1", sequence);
  }
}
