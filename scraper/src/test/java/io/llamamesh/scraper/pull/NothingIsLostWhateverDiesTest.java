package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.results.Point;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.cluster.HostPort;
import io.llamamesh.scraper.store.InfluxV1;
import io.llamamesh.scraper.store.InfluxV2;
import io.llamamesh.scraper.store.LineProtocol;
import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.scraper.testing.Points;
import io.llamamesh.testkit.store.FakeStoreServer;
import io.llamamesh.testkit.store.SimulatedStoreScript;
import io.llamamesh.testkit.store.SimulatedStoreScript.Fault;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two scrapers that lead in turn, together or not at all and are killed, agents that are killed and
 * forget, and a store that answers by HTTP whatever it likes. At any moment every window before
 * anybody's cursor is in the store, or counted as missed or rejected; those behind it are at their
 * agent, or will be counted.
 *
 * <p>Agents keep their windows on disk: what one had only in memory dies with it, and who had not
 * read it cannot know. {@code -Dllamamesh.seeds=200} runs as many.
 */
final class NothingIsLostWhateverDiesTest {
  private static final Instant START = Instant.parse("2026-11-20T09:00:00Z");
  private static final int AGENTS = 4;
  private static final int STEPS = 120;
  private static final int PAGE = 10;
  private static final Duration TIMEOUT = Duration.ofMillis(100);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final List<SimulatedAgent> agents = new ArrayList<>();
  private final List<Scraper> scrapers = new ArrayList<>();
  // Of all that ever ran: their counters were exported.
  private final List<Scraper> all = new ArrayList<>();
  private final Map<String, Bookmark> saved = new HashMap<>();

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Integer.getInteger("llamamesh.seeds", 8));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyWindowIsStoredOrAtItsAgentOrCounted(long seed) throws IOException {
    Random random = new Random(seed);
    SimulatedStoreScript answers =
        new SimulatedStoreScript(new Random(~seed), NothingIsLostWhateverDiesTest::fault);
    try (FakeStoreServer server = new FakeStoreServer()) {
      server.script(answers);
      for (int i = 0; i < AGENTS; i++) {
        agents.add(new SimulatedAgent("agent-" + i));
      }
      for (int i = 0; i < 2; i++) {
        scrapers.add(new Scraper("scraper" + i, server.url(), random.nextBoolean()));
      }
      scrapers.getFirst().lead(true);
      try {
        for (int step = 0; step < STEPS; step++) {
          act(random, server.url());
          pass(Duration.ofMillis(random.nextInt(8_000)));
          check(answers);
        }
        answers.recover();
        scrapers.getFirst().lead(true);
        scrapers.getLast().lead(false);
        for (SimulatedAgent agent : agents) {
          agent.publish(1);
          scrapers.getFirst().hand(agent, agent.published - 1, 1);
        }
        // One has windows that cannot be stored: it may have to wait for others to publish.
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(1))
            .untilAsserted(() -> {
              pass(Duration.ofSeconds(16));
              for (SimulatedAgent agent : agents.subList(1, AGENTS)) {
                assertThat(scrapers.getFirst().stored(agent)).isEqualTo(agent.published);
              }
            });
        check(answers);
      } finally {
        scrapers.forEach(Scraper::kill);
      }
    }
  }

  private void act(Random random, String url) {
    SimulatedAgent agent = agents.get(random.nextInt(AGENTS));
    publish(agent, 1 + random.nextInt(3), random);
    if (random.nextInt(40) == 0) {
      agent.forget();
    }
    if (random.nextInt(20) == 0) {
      agents.get(random.nextInt(AGENTS)).restart(random.nextBoolean());
    }
    if (random.nextInt(4) == 0) {
      scrapers.forEach(Scraper::save);
    }
    if (random.nextInt(15) == 0) {
      boolean first = random.nextInt(4) > 0;
      scrapers.getFirst().lead(first);
      scrapers.getLast().lead(!first || random.nextInt(4) == 0);
    }
    if (random.nextInt(15) == 0) {
      int killed = random.nextInt(2);
      Scraper old = scrapers.get(killed);
      old.kill();
      Scraper successor = new Scraper(old.name, url, random.nextBoolean());
      scrapers.set(killed, successor);
      successor.lead(old.leads);
    }
  }

  /** An agent publishes windows, and who reads it may have fetched them at once. */
  private void publish(SimulatedAgent agent, int windows, Random random) {
    long before = agent.published;
    agent.publish(windows);
    for (Scraper scraper : scrapers) {
      if (random.nextInt(5) > 0) {
        scraper.hand(agent, before, windows);
      }
    }
  }

  /** Lets time pass, and threads do what they can then. */
  private void pass(Duration time) {
    now.updateAndGet(instant -> instant.plus(time));
    scrapers.forEach(Scraper::wake);
    long until = System.nanoTime() + Duration.ofMillis(20).toNanos();
    while (System.nanoTime() < until && scrapers.stream().anyMatch(Scraper::isBusy)) {
      Thread.onSpinWait();
    }
  }

  private void check(SimulatedStoreScript answers) {
    long missed = 0;
    long refused = 0;
    for (SimulatedAgent agent : agents) {
      long furthest = saved.getOrDefault(agent.name, Bookmark.at(at(agent, 0))).cursor().sequence();
      for (Scraper scraper : scrapers) {
        furthest = Math.max(furthest, scraper.stored(agent));
      }
      for (long window = 1; window <= furthest; window++) {
        String line = agent.line(window);
        if (answers.taken().contains(line)) {
          continue;
        }
        if (fault(line) == Fault.NONE) {
          assertThat(window).as(line).isLessThan(agent.oldest);
          missed++;
        } else {
          refused++;
        }
      }
    }
    long countedMissed = all.stream().mapToLong(one -> one.counters.missed()).sum();
    long rejected = all.stream().mapToLong(one -> one.writer.rejected()).sum();
    assertThat(countedMissed).isGreaterThanOrEqualTo(missed);
    assertThat(countedMissed + rejected).isGreaterThanOrEqualTo(missed + refused);
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

  private static WindowCursor at(SimulatedAgent agent, long sequence) {
    return new WindowCursor(agent.boot, sequence);
  }

  /** Publishes one line a window, and goes on with its numbers after its death. */
  private static final class SimulatedAgent {
    private final String name;
    private final List<String> lines = new ArrayList<>();
    private int lives = 1;
    private volatile String boot = "boot-1";
    private volatile long published;
    private volatile long oldest = 1;

    SimulatedAgent(String name) {
      this.name = name;
    }

    void publish(int windows) {
      long last = published + windows;
      for (long window = published + 1; window <= last; window++) {
        lines.addAll(LineProtocol.lines(List.of(point(window))));
      }
      published = last;
    }

    void forget() {
      oldest = Math.max(oldest, published - 3);
    }

    /** Its numbers keep their name only where it could write the last to disk. */
    void restart(boolean clean) {
      if (!clean) {
        lives++;
        boot = "boot-" + lives;
      }
    }

    String line(long window) {
      return lines.get((int) window - 1);
    }

    EncodedPage fetch(@Nullable WindowCursor after) {
      String life = boot;
      long from = after != null && after.bootId().equals(life) ? after.sequence() + 1 : 1;
      long first = Math.max(from, oldest);
      long last = Math.min(published, first + PAGE - 1);
      if (last < first) {
        WindowCursor end = new WindowCursor(life, Math.max(from - 1, last));
        return EncodedPage.of(after, new Page(List.of(), end, false, null, 0), 0);
      }
      return EncodedPage.of(after, page(life, first, last), (int) (last - first + 1));
    }

    Page page(String life, long first, long last) {
      List<Point> points = LongStream.rangeClosed(first, last).mapToObj(this::point).toList();
      return new Page(points, new WindowCursor(life, last), last < published, null, 0);
    }

    private Point point(long window) {
      return Points.pair(name, "node-1", Instant.ofEpochSecond(1_700_000_000 + window), 16, 0, 0.1);
    }
  }

  /** One life of a scraper: what stores, with its own counters. */
  private final class Scraper {
    private final String name;
    private final PullCounters counters = new PullCounters();
    private final StoreWriter writer;
    private final Map<String, AgentPosition> positions = new HashMap<>();
    private final Map<String, StorePump> pumps = new HashMap<>();
    private final List<Thread> threads = new ArrayList<>();
    private boolean leads;

    Scraper(String name, String url, boolean v1) {
      this.name = name;
      Store store =
          v1
              ? new InfluxV1(url, name, "", null, null, TIMEOUT, null)
              : new InfluxV2(url, "net", name, null, TIMEOUT);
      this.writer = new StoreWriter(store, now::get);
      StoreBacklog waiting = new StoreBacklog();
      for (SimulatedAgent agent : agents) {
        AgentPosition position =
            new AgentPosition(
                new AgentEndpoint(agent.name, List.of(new HostPort("127.0.0.1", 1))),
                saved.getOrDefault(agent.name, Bookmark.at(new WindowCursor("boot-1", 0))),
                true,
                Duration.ofSeconds(10));
        StorePump pump =
            new StorePump(position, false, writer, agent::fetch, now::get, counters, waiting);
        positions.put(agent.name, position);
        pumps.put(agent.name, pump);
        threads.add(Thread.ofVirtual().start(pump::run));
      }
      all.add(this);
    }

    void lead(boolean on) {
      if (on && !leads) {
        pumps.forEach((agent, pump) -> {
          Bookmark from = saved.get(agent);
          pump.lead(from == null ? null : from.cursor());
        });
      } else if (!on) {
        pumps.values().forEach(StorePump::standBy);
      }
      leads = on;
    }

    void wake() {
      if (leads) {
        pumps.values().forEach(pump -> pump.lead(null));
      }
    }

    /** Saves bookmarks, as who leads does. */
    void save() {
      if (leads) {
        positions.forEach((agent, position) -> {
          WindowCursor stored = position.storedCursor();
          if (stored != null) {
            saved.put(agent, Bookmark.at(stored));
          }
        });
      }
    }

    void hand(SimulatedAgent agent, long before, int windows) {
      pumps
          .get(agent.name)
          .offer(at(agent, before), agent.page(agent.boot, before + 1, before + windows), windows);
    }

    long stored(SimulatedAgent agent) {
      WindowCursor stored = positions.get(agent.name).storedCursor();
      return stored == null ? 0 : stored.sequence();
    }

    boolean isBusy() {
      return threads.stream().anyMatch(thread -> thread.getState() == Thread.State.RUNNABLE);
    }

    void kill() {
      threads.forEach(Thread::interrupt);
      writer.close();
    }
  }
}
