package io.llamamesh.scraper.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.results.Point;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.store.StoreWriter;
import io.llamamesh.scraper.store.WriteResult;
import io.llamamesh.scraper.testing.Points;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class StoreFeedTest {
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
  private volatile long published;

  @AfterEach
  void stop() {
    threads.forEach(Thread::interrupt);
    writer.close();
  }

  @Test
  void whileTheStoreIsKnownToBeAwayNothingIsFetchedForIt() throws InterruptedException {
    closeStore();
    StoreFeed feed = feed("node-1", null);
    handNewest(feed, 20);
    Thread thread = start(feed);
    await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    handNewest(feed, 21);
    await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);

    assertThat(fetches).hasValue(0);

    openStore();
    handNewest(feed, 22);

    await().until(() -> at(22).equals(feed.stored()));
    assertThat(store.lines()).hasSize(22).doesNotHaveDuplicates();
    assertThat(counters.missed()).isZero();
  }

  @Test
  void whoWaitedForItsTurnWhenTheStoreWentAwayFetchesNothing() throws InterruptedException {
    List<StoreFeed> feeds = new ArrayList<>();
    int places = 0;
    // All the turns there are, taken by others.
    while (places < Waiting.CATCHING_UP) {
      waiting.beginCatchingUp();
      places++;
    }
    for (int i = 0; i < 3; i++) {
      StoreFeed feed = feed("node-" + i, null);
      handNewest(feed, 20);
      feeds.add(feed);
      Thread thread = start(feed);
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
    feeds.forEach(feed -> handNewest(feed, 21));

    await().until(() -> feeds.stream().allMatch(feed -> at(21).equals(feed.stored())));
    assertThat(store.lines()).hasSize(63);
  }

  @Test
  void aPageThatWaitsForTheStoreIsNotFetchedAgainWhenItIsBack() throws InterruptedException {
    closeStore();
    StoreFeed feed = feed("node-1", null);
    published = 1;
    feed.hand(null, page(1, 1), 1);
    Thread thread = start(feed);
    await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);

    openStore();
    feed.lead(null);

    await().until(() -> at(1).equals(feed.stored()));
    assertThat(fetches).hasValue(0);
    assertThat(store.lines()).hasSize(1);
  }

  @Test
  void windowsWithoutAPairMoveTheCursorAndAreNotMissed() throws InterruptedException {
    StoreFeed feed = feed("node-1", at(0));
    published = 30;
    // Of these, only the last has points.
    feed.hand(at(0), new Page(List.of(), at(10), true, null, 0), PAGE);
    start(feed);
    await().until(() -> at(10).equals(feed.stored()));

    feed.hand(at(10), new Page(page(20, 20).points(), at(20), true, null, 0), PAGE);

    await().until(() -> at(20).equals(feed.stored()));
    assertThat(store.lines()).hasSize(1);
    assertThat(counters.missed()).isZero();
  }

  @Test
  void windowsThatNoPageCanHaveHeldWereMissed() {
    StoreFeed feed = feed("node-1", at(0));
    published = 30;
    feed.hand(at(0), page(26, 30), 5);
    start(feed);

    await().until(() -> counters.missed() == 25);
  }

  @Test
  void windowsThatTheStoreFailsOnStayAtTheirAgentAndThenAreGivenUpAlone() {
    StoreFeed feed = feed("node-1", at(0));
    published = 2;
    feed.hand(at(0), page(1, 2), PAGE);
    start(feed);
    await().until(() -> at(2).equals(feed.stored()));
    store.failsOn(line -> line.endsWith(Long.toString(START.plusSeconds(3).toEpochMilli())));

    handNewest(feed, 3);

    await().until(() -> "some agents keep their windows: panic".equals(writer.status().message()));
    assertThat(feed.stored()).isEqualTo(at(2));
    assertThat(writer.rejected()).isZero();

    now.set(START.plus(StoreFeed.PATIENCE).plusSeconds(20));
    handNewest(feed, 4);

    await().until(() -> at(4).equals(feed.stored()));
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

  private StoreFeed feed(String agent, @Nullable WindowCursor stored) {
    return new StoreFeed(
        agent,
        stored,
        true,
        writer,
        this::fetch,
        () -> Duration.ofSeconds(1),
        clock,
        counters,
        waiting);
  }

  private Thread start(StoreFeed feed) {
    Thread thread = Thread.ofVirtual().start(feed::run);
    threads.add(thread);
    return thread;
  }

  /** As a reader does that is at the newest window. */
  private void handNewest(StoreFeed feed, long sequence) {
    published = sequence;
    feed.hand(at(sequence - 1), page(sequence, sequence), 1);
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
