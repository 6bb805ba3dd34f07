package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.results.Point;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.Agent;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.cluster.HostPort;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.scraper.store.WriteResult;
import io.llamamesh.scraper.testing.Points;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class StorePumpTest {
  private static final Instant START = Instant.parse("2026-11-20T09:00:00Z");
  private static final Duration AWAY = Duration.ofSeconds(40);
  private static final int PAGE = 10;

  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final InstantSource clock = now::get;
  private final MemoryStore store = new MemoryStore();
  private final StoreWriter writer = new StoreWriter(store, clock);
  private final Counters counters = new Counters();
  private final Waiting waiting = new Waiting();
  private final AtomicInteger fetches = new AtomicInteger();
  private final List<Thread> threads = new ArrayList<>();
  private final Map<StorePump, AgentPosition> positions = new HashMap<>();
  private volatile long published;

  @AfterEach
  void stop() {
    threads.forEach(Thread::interrupt);
    writer.close();
  }

  @Test
  void whileTheStoreIsKnownToBeAwayNothingIsFetchedForIt() throws InterruptedException {
    closeStore();
    StorePump pump = pump("node-1", null);
    handNewest(pump, 20);
    Thread thread = start(pump);
    await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    handNewest(pump, 21);
    await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);

    assertThat(fetches).hasValue(0);

    openStore();
    handNewest(pump, 22);

    await().until(() -> at(22).equals(stored(pump)));
    assertThat(store.lines()).hasSize(22).doesNotHaveDuplicates();
    assertThat(counters.missed()).isZero();
  }

  @Test
  void whoWaitedForItsTurnWhenTheStoreWentAwayFetchesNothing() throws InterruptedException {
    List<StorePump> pumps = new ArrayList<>();
    int places = 0;
    // All the turns there are, taken by others.
    while (places < Waiting.CATCHING_UP) {
      waiting.beginCatchingUp();
      places++;
    }
    for (int i = 0; i < 3; i++) {
      StorePump pump = pump("node-" + i, null);
      handNewest(pump, 20);
      pumps.add(pump);
      Thread thread = start(pump);
      await().until(() -> thread.getState() == Thread.State.WAITING);
    }
    closeStore();

    while (places > 0) {
      waiting.endCatchingUp();
      places--;
    }
    await().until(() -> threads.stream().allMatch(t -> t.getState() == Thread.State.TIMED_WAITING));

    assertThat(fetches).hasValue(0);

    openStore();
    pumps.forEach(pump -> handNewest(pump, 21));

    await().until(() -> pumps.stream().allMatch(pump -> at(21).equals(stored(pump))));
    assertThat(store.lines()).hasSize(63);
  }

  @Test
  void aPageThatWaitsForTheStoreIsNotFetchedAgainWhenItIsBack() throws InterruptedException {
    closeStore();
    StorePump pump = pump("node-1", null);
    published = 1;
    pump.hand(null, page(1, 1), 1);
    Thread thread = start(pump);
    await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);

    openStore();
    pump.lead(null);

    await().until(() -> at(1).equals(stored(pump)));
    assertThat(fetches).hasValue(0);
    assertThat(store.lines()).hasSize(1);
  }

  @Test
  void windowsWithoutAPairMoveTheCursorAndAreNotMissed() throws InterruptedException {
    StorePump pump = pump("node-1", at(0));
    published = 30;
    // Of these, only the last has points.
    pump.hand(at(0), new Page(List.of(), at(10), true, null, 0), PAGE);
    start(pump);
    await().until(() -> at(10).equals(stored(pump)));

    pump.hand(at(10), new Page(page(20, 20).points(), at(20), true, null, 0), PAGE);

    await().until(() -> at(20).equals(stored(pump)));
    assertThat(store.lines()).hasSize(1);
    assertThat(counters.missed()).isZero();
  }

  @Test
  void windowsThatNoPageCanHaveHeldWereMissed() {
    StorePump pump = pump("node-1", at(0));
    published = 30;
    pump.hand(at(0), page(26, 30), 5);
    start(pump);

    await().until(() -> counters.missed() == 25);
  }

  /** Two such numbers would make the counter of the whole mesh negative. */
  @Test
  void aCursorThatJumpsMakesNoAbsurdNumberOfMissedWindows() {
    WindowCursor absurd = new WindowCursor(at(0).bootId(), Long.MAX_VALUE);
    StorePump pump = pump("node-1", at(0));
    pump.hand(at(0), new Page(page(26, 30).points(), absurd, false, null, 0), 5);
    start(pump);

    await().until(() -> counters.missed() > 0);
    assertThat(counters.missed()).isEqualTo(Handed.MAX_MISSED);
  }

  @Test
  void windowsThatTheStoreFailsOnStayAtTheirAgentAndThenAreGivenUpAlone() {
    StorePump pump = pump("node-1", at(0));
    published = 2;
    pump.hand(at(0), page(1, 2), PAGE);
    start(pump);
    await().until(() -> at(2).equals(stored(pump)));
    store.failsOn(line -> line.endsWith(Long.toString(START.plusSeconds(3).toEpochMilli())));

    handNewest(pump, 3);

    await().until(() -> "some agents keep their windows: panic".equals(writer.status().message()));
    assertThat(stored(pump)).isEqualTo(at(2));
    assertThat(writer.rejected()).isZero();

    now.set(START.plus(StorePump.PATIENCE).plusSeconds(20));
    handNewest(pump, 4);

    await().until(() -> at(4).equals(stored(pump)));
    assertThat(writer.rejected()).isEqualTo(1);
    assertThat(writer.status().message()).isEqualTo("points are rejected for good: panic");
    assertThat(Set.copyOf(store.lines())).hasSize(3);
    assertThat(writer.outages()).isZero();
    assertThat(counters.missed()).isZero();
  }

  private void closeStore() throws InterruptedException {
    store.unavailable(true);
    store.retryAfter(AWAY);
    assertThat(writer.write(List.of("p value=1"))).isInstanceOf(WriteResult.Postponed.class);
  }

  private void openStore() {
    store.unavailable(false);
    now.set(START.plus(AWAY).plusSeconds(1));
  }

  private StorePump pump(String agent, @Nullable WindowCursor stored) {
    AgentPosition position =
        new AgentPosition(
            new Agent(agent, List.of(new HostPort("127.0.0.1", 1))),
            stored == null ? null : Bookmark.at(stored),
            true,
            Duration.ofSeconds(1));
    StorePump pump = new StorePump(position, true, writer, this::fetch, clock, counters, waiting);
    positions.put(pump, position);
    return pump;
  }

  private @Nullable WindowCursor stored(StorePump pump) {
    return Objects.requireNonNull(positions.get(pump)).stored();
  }

  private Thread start(StorePump pump) {
    Thread thread = Thread.ofVirtual().start(pump::run);
    threads.add(thread);
    return thread;
  }

  /** As a poller does that is at the newest window. */
  private void handNewest(StorePump pump, long sequence) {
    published = sequence;
    pump.hand(at(sequence - 1), page(sequence, sequence), 1);
  }

  private Handed fetch(@Nullable WindowCursor after) {
    fetches.incrementAndGet();
    long from = after == null ? 0 : after.sequence();
    return Handed.of(after, page(from + 1, Math.min(published, from + PAGE)), PAGE);
  }

  private static Page page(long first, long last) {
    List<Point> points =
        LongStream.rangeClosed(first, last)
            .mapToObj(i -> Points.pair("node-1", "node-2", START.plusSeconds(i), 16, 0, 0.1))
            .toList();
    return new Page(points, at(last), false, null, 0);
  }

  private static WindowCursor at(long sequence) {
    return new WindowCursor("boot-1", sequence);
  }
}
