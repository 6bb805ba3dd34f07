package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.results.MeshReport.Store.State;
import io.llamamesh.results.Point;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.cluster.HostPort;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.scraper.store.WriteResult;
import io.llamamesh.scraper.testing.Points;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
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
  private final FakeStore store = new FakeStore();
  private final StoreWriter writer = new StoreWriter(store, clock);
  private final PullCounters counters = new PullCounters();
  private final StoreBacklog waiting = new StoreBacklog();
  private final AtomicInteger fetches = new AtomicInteger();
  private final List<Thread> threads = new ArrayList<>();
  private final Map<StorePump, AgentPosition> positions = new HashMap<>();
  private volatile long published;
  private volatile String boot = "boot-1";

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
    while (places < StoreBacklog.CATCHING_UP) {
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
    pump.offer(null, page(1, 1), 1);
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
    pump.offer(at(0), new Page(List.of(), at(10), true, null, 0), PAGE);
    start(pump);
    await().until(() -> at(10).equals(stored(pump)));

    pump.offer(at(10), new Page(page(20, 20).points(), at(20), true, null, 0), PAGE);

    await().until(() -> at(20).equals(stored(pump)));
    assertThat(store.lines()).hasSize(1);
    assertThat(counters.missed()).isZero();
  }

  @Test
  void windowsThatNoPageCanHaveHeldWereMissed() {
    StorePump pump = pump("node-1", at(0));
    published = 30;
    pump.offer(at(0), page(26, 30), 5);
    start(pump);

    await().until(() -> counters.missed() == 25);
  }

  /** Two such numbers would make the counter of the whole mesh negative. */
  @Test
  void aCursorThatJumpsMakesNoAbsurdNumberOfMissedWindows() {
    WindowCursor absurd = new WindowCursor(at(0).bootId(), Long.MAX_VALUE);
    StorePump pump = pump("node-1", at(0));
    pump.offer(at(0), new Page(page(26, 30).points(), absurd, false, null, 0), 5);
    start(pump);

    await().until(() -> counters.missed() > 0);
    assertThat(counters.missed()).isEqualTo(EncodedPage.MAX_MISSED);
  }

  @Test
  void windowsThatTheStoreFailsOnStayAtTheirAgentAndThenAreGivenUpAlone() {
    StorePump pump = pump("node-1", at(0));
    published = 2;
    pump.offer(at(0), page(1, 2), PAGE);
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

  @Test
  void anAgentWhoseLinesAreAllBadDoesNotKeepTheStoreClosedForTheOthers() {
    store.refuses(line -> line.contains("src_name=faulty"));
    StorePump bad = pump("faulty", at(0));
    StorePump good = pump("others", at(0));
    published = 1;
    bad.offer(at(0), page("faulty", 1, 1), 1);
    start(bad);
    await().until(() -> writer.status().state() == State.UNREACHABLE);
    good.offer(at(0), page("others", 1, 1), 1);
    start(good);

    for (int opening = 0; opening < 20 && !at(1).equals(stored(good)); opening++) {
      now.set(writer.retryAt());
      for (int step = 0; step < 60 && !clock.instant().isBefore(writer.retryAt()); step++) {
        now.updateAndGet(time -> time.plusMillis(10));
        bad.lead(null);
        good.lead(null);
        settle();
      }
    }

    assertThat(stored(good)).isEqualTo(at(1));
  }

  @Test
  void anAgentThatHasBadLinesMayFailLaterAndKeepsItsWindows() {
    StorePump pump = pump("node-1", at(0));
    store.failsOn(line -> line.endsWith(time(2)));
    handNewest(pump, 1);
    Thread thread = start(pump);
    await().until(() -> at(1).equals(stored(pump)));
    handNewest(pump, 2);
    await().until(() -> "some agents keep their windows: panic".equals(writer.status().message()));
    store.failsOn(line -> false);
    store.refuses(line -> line.endsWith(time(3)));
    now.set(START.plusSeconds(20));
    published = 4;
    pump.offer(at(1), page(2, 4), PAGE);
    await().until(() -> at(4).equals(stored(pump)));
    assertThat(writer.rejected()).isEqualTo(1);

    now.set(START.plus(StorePump.PATIENCE).plusSeconds(60));
    assertAcknowledged("p value=1");
    store.failsOn(line -> line.endsWith(time(5)));
    int failed = store.failures();
    handNewest(pump, 5);

    await().until(() -> store.failures() > failed);
    await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    assertThat(stored(pump)).isEqualTo(at(4));
    assertThat(writer.rejected()).isEqualTo(1);
  }

  @Test
  void whoAnswersWithoutCursorsAllAtOnceIsNotAskedAgainAndAgain() {
    StorePump pump = pump("node-1", at(0), after -> handedOnce(fetches.incrementAndGet()));
    published = 20;
    // Behind, and what follows is not next.
    pump.offer(at(19), page(20, 20), 1);
    start(pump);

    await().until(() -> counters.missed() == 20);
    pump.offer(null, new Page(page(21, 21).points(), null, false, null, 0), 1);
    await().until(() -> store.lines().size() == 1);

    assertThat(fetches).hasValue(1);
    assertThat(store.lines()).hasSize(1);
  }

  @Test
  void pagesThatComeOnlyOnceAreKeptWithinABound() throws InterruptedException {
    closeStore();
    Random random = new Random(1);
    Page large = new Page(incompressible(random), null, false, null, 0);
    StoreBacklog little = new StoreBacklog(8L * EncodedPage.of(null, large, 1).packedBytes());
    StorePump pump =
        new StorePump(
            position("node-1", null),
            true,
            writer,
            after -> fetch("node-1", after),
            clock,
            counters,
            little);
    for (int i = 0; i < 10; i++) {
      pump.offer(null, large, 1);
    }

    assertThat(counters.missed()).isEqualTo(9);
    assertThat(little.hasRoomForUnrepeatable(0)).isTrue();

    openStore();
    start(pump);

    await().until(() -> store.lines().size() == large.points().size());
  }

  @Test
  void whatAnAgentThatKeepsNothingHadNotStoredWhenItDiedIsCounted() throws InterruptedException {
    StorePump pump = pump("node-1", at(100));
    closeStore();
    start(pump);
    handNewest(pump, 120);
    openStore();
    published = 2;
    boot = "boot-2";

    pump.offer(cursor("boot-2", 0), page(1, 2), PAGE);

    await().until(() -> cursor("boot-2", 2).equals(stored(pump)));
    assertThat(counters.missed()).isEqualTo(20);
  }

  @Test
  void anAgentThatGoesOnWithItsNumbersHasLostNothing() throws InterruptedException {
    StorePump pump = pump("node-1", at(100));
    closeStore();
    start(pump);
    handNewest(pump, 120);
    openStore();
    published = 121;
    boot = "boot-2";

    pump.offer(cursor("boot-2", 0), page(90, 91), 2);
    pump.offer(cursor("boot-2", 120), page(121, 121), 1);

    await().until(() -> cursor("boot-2", 121).equals(stored(pump)));
    assertThat(counters.missed()).isZero();
  }

  @Test
  void aClockThatIsSetBackDoesNotKeepTheStoreClosed() throws InterruptedException {
    closeStore();
    StorePump pump = pump("node-1", at(0));
    store.unavailable(false);
    now.set(START.minus(Duration.ofHours(1)));

    handNewest(pump, 1);
    start(pump);

    await().until(() -> at(1).equals(stored(pump)));
  }

  private static String time(int second) {
    return Long.toString(START.plusSeconds(second).toEpochMilli());
  }

  private static EncodedPage handedOnce(int number) {
    Page page =
        new Page(
            List.of(Points.pair("node-1", "node-2", START.plusSeconds(number), 16, 0, 0.1)),
            null,
            false,
            null,
            0);
    return EncodedPage.of(null, page, 1);
  }

  private static List<Point> incompressible(Random random) {
    List<Point> points = new ArrayList<>();
    byte[] noise = new byte[256];
    for (int i = 0; i < 256; i++) {
      random.nextBytes(noise);
      String name = Base64.getEncoder().encodeToString(noise);
      points.add(Points.pair("node-1", name, START, 16, 0, 0.1));
    }
    return points;
  }

  private void assertAcknowledged(String line) {
    try {
      assertThat(writer.write(List.of(line))).isInstanceOf(WriteResult.Acknowledged.class);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Lets threads do what they can. */
  private void settle() {
    long until = System.nanoTime() + Duration.ofMillis(20).toNanos();
    while (System.nanoTime() < until
        && threads.stream().anyMatch(thread -> thread.getState() == Thread.State.RUNNABLE)) {
      Thread.onSpinWait();
    }
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
    return pump(agent, stored, after -> fetch(agent, after));
  }

  private StorePump pump(String agent, @Nullable WindowCursor stored, StorePump.PageFetcher fetch) {
    AgentPosition position = position(agent, stored);
    StorePump pump = new StorePump(position, true, writer, fetch, clock, counters, waiting);
    positions.put(pump, position);
    return pump;
  }

  private static AgentPosition position(String agent, @Nullable WindowCursor stored) {
    return new AgentPosition(
        new AgentEndpoint(agent, List.of(new HostPort("127.0.0.1", 1))),
        stored == null ? null : Bookmark.at(stored),
        true,
        Duration.ofSeconds(1));
  }

  private @Nullable WindowCursor stored(StorePump pump) {
    return Objects.requireNonNull(positions.get(pump)).storedCursor();
  }

  private Thread start(StorePump pump) {
    Thread thread = Thread.ofVirtual().start(pump::run);
    threads.add(thread);
    return thread;
  }

  /** As a poller does that is at the newest window. */
  private void handNewest(StorePump pump, long sequence) {
    published = sequence;
    pump.offer(at(sequence - 1), page(sequence, sequence), 1);
  }

  private EncodedPage fetch(String agent, @Nullable WindowCursor after) {
    fetches.incrementAndGet();
    long from = after == null || !after.bootId().equals(boot) ? 0 : after.sequence();
    return EncodedPage.of(after, page(agent, from + 1, Math.min(published, from + PAGE)), PAGE);
  }

  private Page page(long first, long last) {
    return page("node-1", first, last);
  }

  private Page page(String agent, long first, long last) {
    List<Point> points =
        LongStream.rangeClosed(first, last)
            .mapToObj(i -> Points.pair(agent, "node-2", START.plusSeconds(i), 16, 0, 0.1))
            .toList();
    return new Page(points, cursor(boot, last), last < published, null, 0);
  }

  private static WindowCursor at(long sequence) {
    return cursor("boot-1", sequence);
  }

  private static WindowCursor cursor(String boot, long sequence) {
    return new WindowCursor(boot, sequence);
  }
}
