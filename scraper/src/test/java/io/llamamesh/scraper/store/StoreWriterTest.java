package io.llamamesh.scraper.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.results.MeshReport.Store.State;
import io.llamamesh.results.MeshReport.Store.Trouble;
import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StoreWriterTest {
  private static final Instant START = Instant.parse("2026-11-20T09:00:00Z");

  private final PickyStore store = new PickyStore();
  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final StoreWriter writer = new StoreWriter(store, now::get);

  @AfterEach
  void close() {
    writer.close();
  }

  @Test
  void answersAfterTheStoreAcknowledged() throws InterruptedException {
    WriteResult result = writer.write(lines(0, 3));

    assertThat(result).isEqualTo(new WriteResult.Acknowledged(3));
    assertThat(store.taken).containsExactlyElementsOf(lines(0, 3));
    assertThat(writer.status().state()).isEqualTo(State.REACHABLE);
    assertThat(writer.status().pointsWritten()).isEqualTo(3);
  }

  @Test
  void aRejectedPointDoesNotBlockTheOthers() throws InterruptedException {
    store.rejects = line -> line.equals("p value=17");

    WriteResult result = writer.write(lines(0, 100));

    assertThat(result).isEqualTo(new WriteResult.Acknowledged(100, 1));
    assertThat(Set.copyOf(store.taken)).hasSize(99).doesNotContain("p value=17");
    assertThat(writer.rejected()).isEqualTo(1);
    assertThat(writer.status().pointsWritten()).isEqualTo(99);
  }

  @Test
  void rejectedPointsAreReportedForAWhileWithTheStoresMessage() throws InterruptedException {
    store.rejects = line -> line.equals("p value=17");
    writer.write(lines(0, 100));

    assertThat(writer.status().state()).isEqualTo(State.REACHABLE);
    assertThat(writer.status().message())
        .isEqualTo("points are rejected for good: field type conflict");
    assertThat(writer.status().trouble()).isEqualTo(Trouble.POINTS_REJECTED);

    now.set(START.plus(Duration.ofMinutes(11)));

    assertThat(writer.status().message()).isNull();
  }

  @Test
  void rejectedPointsAreReportedBeforePostponedOnes() throws InterruptedException {
    store.rejects = line -> line.equals("p value=17");
    store.fails = line -> line.equals("p value=117");

    writer.write(lines(0, 100));
    writer.write(lines(100, 200));

    assertThat(writer.status().trouble()).isEqualTo(Trouble.POINTS_REJECTED);
  }

  @Test
  void aPageThatTheStoreFailsOnIsNoOutage() throws InterruptedException {
    writer.write(lines(0, 10));
    store.fails = line -> line.equals("p value=17");

    WriteResult failed = writer.write(lines(10, 20));
    WriteResult other = writer.write(lines(20, 30));

    assertThat(failed)
        .isEqualTo(new WriteResult.Failed("panic", START.plus(Duration.ofSeconds(15))));
    assertThat(other).isEqualTo(new WriteResult.Acknowledged(10));
    assertThat(writer.status().state()).isEqualTo(State.REACHABLE);
    assertThat(writer.status().message()).isEqualTo("some agents keep their windows: panic");
    assertThat(writer.status().trouble()).isEqualTo(Trouble.WRITES_FAILING);
    assertThat(writer.outages()).isZero();
    assertThat(writer.rejected()).isZero();

    now.set(START.plus(Duration.ofMinutes(2)));

    assertThat(writer.status().trouble()).isNull();
  }

  @Test
  void aPageThatTheStoreFailsOnIsNoOutageHoweverLongWindowsAre() throws InterruptedException {
    try (StoreWriter slow = new StoreWriter(store, now::get, Duration.ofMinutes(5))) {
      slow.write(lines(0, 10));
      store.fails = line -> line.equals("p value=17");
      now.set(START.plus(Duration.ofMinutes(6)));

      WriteResult failed = slow.write(lines(17, 18));

      assertThat(failed).isInstanceOf(WriteResult.Failed.class);
      assertThat(slow.status().state()).isEqualTo(State.REACHABLE);
    }
  }

  @Test
  void whoInsistsLosesTheLineAloneThatTheStoreFailsOn() throws InterruptedException {
    writer.write(lines(0, 10));
    store.fails = line -> line.equals("p value=17");

    WriteResult result = writer.write(lines(10, 20), true);

    assertThat(result).isEqualTo(new WriteResult.Acknowledged(10, 1, true));
    assertThat(Set.copyOf(store.taken)).hasSize(19).doesNotContain("p value=17");
  }

  @ParameterizedTest
  @ValueSource(ints = {11, 20, 1_000})
  void aPageOfWhichNoLineIsTakenWaitsUntilOneInsists(int to) throws InterruptedException {
    writer.write(lines(0, 10));
    store.rejects = line -> !lines(0, 10).contains(line);

    WriteResult waits = writer.write(lines(10, to));

    assertThat(waits).isInstanceOf(WriteResult.Failed.class);
    assertThat(writer.status().state()).isEqualTo(State.REACHABLE);
    assertThat(writer.status().trouble()).isEqualTo(Trouble.WRITES_FAILING);
    assertThat(writer.rejected()).isZero();
    assertThat(store.requests).hasSizeLessThan(100);

    WriteResult given = writer.write(lines(10, 20), true);

    assertThat(given).isEqualTo(new WriteResult.Acknowledged(10, 10, true));
    assertThat(writer.rejected()).isEqualTo(10);
  }

  @Test
  void aStoreThatRefusesEverythingNewIsUnreachableHoweverMuchOneInsists()
      throws InterruptedException {
    writer.write(lines(0, 10));
    store.rejects = line -> !lines(0, 10).contains(line);

    now.set(START.plus(Duration.ofMinutes(2)));
    WriteResult result = writer.write(lines(10, 1_000), true);

    assertThat(result).isInstanceOf(WriteResult.Postponed.class);
    assertThat(writer.status().state()).isEqualTo(State.UNREACHABLE);
    assertThat(writer.rejected()).isZero();
    assertThat(store.requests).hasSizeLessThan(100);
  }

  @Test
  void aStoreThatFailsOnEverythingNewIsUnreachableHoweverMuchOneInsists()
      throws InterruptedException {
    writer.write(lines(0, 10));
    store.fails = line -> !lines(0, 10).contains(line);

    now.set(START.plus(Duration.ofMinutes(2)));
    WriteResult result = writer.write(lines(10, 20), true);

    assertThat(result).isInstanceOf(WriteResult.Postponed.class);
    assertThat(writer.status().state()).isEqualTo(State.UNREACHABLE);
    assertThat(writer.status().message()).isEqualTo("panic");
    assertThat(writer.rejected()).isZero();
  }

  @Test
  void aBatchThatIsTooLargeIsHalved() throws InterruptedException {
    store.mostLines = 10;

    WriteResult result = writer.write(lines(0, 100));

    assertThat(result).isEqualTo(new WriteResult.Acknowledged(100));
    assertThat(store.taken).containsExactlyElementsOf(lines(0, 100));
  }

  @Test
  void aStoreThatRejectsEverythingIsUnreachableAfterFewRequests() throws InterruptedException {
    store.rejects = line -> true;

    WriteResult result = writer.write(lines(0, 5_000));

    assertThat(result).isInstanceOf(WriteResult.Postponed.class);
    assertThat(writer.status().state()).isEqualTo(State.UNREACHABLE);
    assertThat(writer.status().message()).isEqualTo("field type conflict");
    assertThat(writer.rejected()).isZero();
    assertThat(store.requests).hasSizeLessThan(10);
  }

  @Test
  void aStoreThatBeganToRejectEverythingIsAskedTwice() throws InterruptedException {
    writer.write(lines(0, 10));
    store.rejects = line -> true;

    WriteResult result = writer.write(lines(10, 5_000));

    assertThat(result).isInstanceOf(WriteResult.Postponed.class);
    assertThat(store.requests).hasSize(3);
    assertThat(writer.rejected()).isZero();
  }

  @Test
  void whileTheStoreIsUnavailableNoCallerWaitsAndItsMessageIsReported()
      throws InterruptedException {
    store.away = true;

    WriteResult first = writer.write(lines(0, 3));
    WriteResult second = writer.write(lines(3, 6));

    assertThat(first).isInstanceOf(WriteResult.Postponed.class);
    assertThat(second).isInstanceOf(WriteResult.Postponed.class);
    assertThat(store.requests).hasSize(1);
    assertThat(writer.status().state()).isEqualTo(State.UNREACHABLE);
    assertThat(writer.status().message()).isEqualTo("disk full");
  }

  @Test
  void pagesThatWaitedWhenTheStoreWentAwayAreNotTriedOneAfterTheOther()
      throws InterruptedException {
    store.away = true;
    store.gate = new CountDownLatch(1);
    List<Thread> pages = new ArrayList<>();
    List<WriteResult> results = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 10; i++) {
      int from = 4_000 * i;
      pages.add(Thread.ofVirtual().start(() -> results.add(written(lines(from, from + 4_000)))));
    }
    await()
        .until(
            () -> pages.stream().filter(t -> t.getState() == Thread.State.WAITING).count() == 10);

    store.gate.countDown();
    for (Thread page : pages) {
      page.join(Duration.ofSeconds(10));
    }

    assertThat(results).hasSize(10).allMatch(WriteResult.Postponed.class::isInstance);
    assertThat(store.requests).hasSize(1);
  }

  @Test
  void theTimeOfTheLastWriteIsWhenLinesWereTaken() throws InterruptedException {
    writer.write(lines(0, 10));
    store.fails = line -> line.equals("p value=17");
    now.set(START.plusSeconds(30));

    assertThat(writer.write(lines(17, 18))).isInstanceOf(WriteResult.Failed.class);

    assertThat(writer.status().lastWrite()).isEqualTo(START);
  }

  @Test
  void aStoreThatIsTooSlowForManyLinesGetsFewer() throws InterruptedException {
    store.slow = 1_000;

    int tries = 1;
    while (!(writer.write(lines(0, 5_000)) instanceof WriteResult.Acknowledged) && tries < 10) {
      now.updateAndGet(time -> time.plusSeconds(60));
      tries++;
    }

    assertThat(tries).isEqualTo(4);
    assertThat(Set.copyOf(store.taken)).hasSize(5_000);
  }

  @Test
  void aStoreThatHangsGetsNoFewerLinesThanHundreds() throws InterruptedException {
    store.slow = 0;
    for (int i = 0; i < 20; i++) {
      assertThat(writer.write(lines(0, 5_000))).isInstanceOf(WriteResult.Postponed.class);
      now.updateAndGet(time -> time.plusSeconds(60));
    }

    store.slow = Integer.MAX_VALUE;
    store.requests.clear();

    assertThat(writer.write(lines(0, 5_000))).isEqualTo(new WriteResult.Acknowledged(5_000));
    assertThat(store.requests).hasSize(10);
  }

  @Test
  void whereEveryAgentHasABadLineNoGoodOneIsGivenUp() throws InterruptedException {
    writer.write(lines(0, 10));
    store.rejects = line -> line.endsWith("17");
    store.gate = new CountDownLatch(1);
    List<Thread> pages = new ArrayList<>();
    List<Integer> again = new CopyOnWriteArrayList<>();
    for (int i = 1; i <= 100; i++) {
      int from = 1_000 + 100 * i;
      pages.add(
          Thread.ofVirtual()
              .start(() -> {
                if (written(lines(from, from + 50)) instanceof WriteResult.Failed) {
                  again.add(from);
                }
              }));
    }
    await()
        .until(
            () -> pages.stream().filter(t -> t.getState() == Thread.State.WAITING).count() == 100);
    store.gate.countDown();
    for (Thread page : pages) {
      page.join(Duration.ofSeconds(10));
    }

    for (int from : again) {
      assertThat(writer.write(lines(from, from + 50)))
          .isEqualTo(new WriteResult.Acknowledged(50, 1));
    }

    assertThat(again).isNotEmpty().hasSizeLessThan(100);
    assertThat(writer.rejected()).isEqualTo(100);
    assertThat(Set.copyOf(store.taken)).hasSize(10 + 100 * 49);
  }

  @Test
  void whoInsistsLosesNoGoodLinesBesideAFewThatTheStoreFailsOn() throws InterruptedException {
    writer.write(lines(0, 10));
    store.fails = line -> line.endsWith("17");

    assertThat(writer.write(lines(1_000, 3_000), true))
        .isEqualTo(new WriteResult.Acknowledged(2_000, 20, true));
    assertThat(Set.copyOf(store.taken)).hasSize(10 + 1_980);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void onePageIsNotSearchedForLongWhereTheStoreIsSlow(boolean insists) throws InterruptedException {
    writer.write(lines(0, 10));
    store.fails = line -> line.endsWith("7");
    store.rejects = line -> line.endsWith("8");
    store.requests.clear();
    store.duration = Duration.ofSeconds(5);

    WriteResult result = writer.write(lines(10, 2_000), insists);

    assertThat(result).isInstanceOf(WriteResult.Failed.class);
    assertThat(store.requests).hasSizeLessThan(30);
    assertThat(writer.rejected()).isZero();
    assertThat(writer.status().trouble()).isEqualTo(Trouble.WRITES_FAILING);
  }

  @Test
  void aClockThatIsSetBackDoesNotKeepTheStoreClosed() throws InterruptedException {
    store.away = true;
    writer.write(lines(0, 3));
    store.away = false;

    now.set(START.minus(Duration.ofHours(1)));

    assertThat(writer.write(lines(0, 3))).isEqualTo(new WriteResult.Acknowledged(3));
  }

  @Test
  void aWriteThatTheScraperBreaksOffSaysNothingOfTheStore() throws InterruptedException {
    writer.write(lines(0, 3));
    store.gate = new CountDownLatch(1);
    store.away = true;
    Thread page = Thread.ofVirtual().start(() -> written(lines(3, 6)));
    await().until(() -> store.requests.size() == 2);

    writer.close();

    page.join(Duration.ofSeconds(10));
    assertThat(writer.status().state()).isEqualTo(State.REACHABLE);
  }

  @Test
  void comesBackAfterAnOutage() {
    store.away = true;
    await().until(() -> writer.write(lines(0, 3)) instanceof WriteResult.Postponed);

    store.away = false;
    now.set(START.plusSeconds(1));

    await().until(() -> writer.write(lines(0, 3)) instanceof WriteResult.Acknowledged);
    assertThat(writer.status().state()).isEqualTo(State.REACHABLE);
    assertThat(writer.status().message()).isNull();
  }

  @Test
  void pagesThatWaitedTogetherAreWrittenTogether() throws InterruptedException {
    store.gate = new CountDownLatch(1);
    List<Thread> pages = new ArrayList<>();
    pages.add(Thread.ofVirtual().start(() -> write(lines(0, 10))));
    await().until(() -> store.requests.size() == 1);
    for (int i = 1; i <= 20; i++) {
      int from = 10 * i;
      pages.add(Thread.ofVirtual().start(() -> write(lines(from, from + 10))));
    }
    await()
        .until(() -> pages.stream().filter(t -> t.getState() == Thread.State.WAITING).count() > 15);

    store.gate.countDown();
    for (Thread page : pages) {
      page.join(Duration.ofSeconds(10));
    }

    assertThat(store.taken).hasSize(210);
    assertThat(store.requests).hasSizeLessThan(21);
  }

  private void write(List<String> lines) {
    try {
      assertThat(writer.write(lines)).isInstanceOf(WriteResult.Acknowledged.class);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private @Nullable WriteResult written(List<String> lines) {
    try {
      return writer.write(lines);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  private static List<String> lines(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "p value=" + i).toList();
  }

  /** A store that takes what it likes. */
  private final class PickyStore implements Store {
    private final List<String> taken = new CopyOnWriteArrayList<>();
    private final List<Integer> requests = new CopyOnWriteArrayList<>();
    private volatile Predicate<String> rejects = line -> false;
    private volatile Predicate<String> fails = line -> false;
    private volatile int mostLines = Integer.MAX_VALUE;
    private volatile int slow = Integer.MAX_VALUE;
    private volatile Duration duration = Duration.ZERO;
    private volatile boolean away;
    private volatile CountDownLatch gate = new CountDownLatch(0);

    @Override
    public void write(List<String> lines) throws WriteFailedException {
      requests.add(lines.size());
      now.updateAndGet(time -> time.plus(duration));
      try {
        gate.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      if (away) {
        throw new WriteFailedException(new WriteFailure.Unavailable("disk full", Duration.ZERO));
      }
      if (lines.size() > slow) {
        throw new WriteFailedException(
            new WriteFailure.Unavailable("no answer within 10 s", Duration.ZERO, true));
      }
      if (lines.size() > mostLines) {
        throw new WriteFailedException(new WriteFailure.TooLarge("too large"));
      }
      if (lines.stream().anyMatch(fails)) {
        throw new WriteFailedException(new WriteFailure.Failed("panic"));
      }
      if (lines.stream().anyMatch(rejects)) {
        throw new WriteFailedException(new WriteFailure.Rejected("field type conflict"));
      }
      taken.addAll(lines);
    }

    @Override
    public String description() {
      return "picky";
    }

    @Override
    public void close() {}
  }
}
