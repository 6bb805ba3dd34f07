package io.llamamesh.fabric.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.fabric.crdt.FieldType;
import io.llamamesh.fabric.crdt.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A store on its own thread, asked by others. */
class StoreServiceTest {

  private static final Key KEY = new Key("a/b");
  private static final Operation PLUS =
      Operation.Update.field("c", FieldType.COUNTER, new Operation.Increment(1));

  private static final Operation TEXT = register("some text that takes a little of the file");

  private final List<StoreService> services = new ArrayList<>();
  private final Queue<String> problems = new ConcurrentLinkedQueue<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final Queue<byte[]> multicast = new ConcurrentLinkedQueue<>();
  private final AtomicInteger rebuilt = new AtomicInteger();

  /** A disk whose writes can be held up. */
  private static final class SlowDisk implements StoreService.Disk {
    final FakeStorage storage = new FakeStorage();
    final Semaphore writes = new Semaphore(0);
    final CountDownLatch begun = new CountDownLatch(2);

    @Override
    public Storage open() {
      return new Storage() {
        @Override
        public Contents load() {
          return storage.load();
        }

        @Override
        public void write(Batch batch) throws StorageException {
          begun.countDown();
          writes.acquireUninterruptibly();
          storage.write(batch);
        }
      };
    }

    @Override
    public void setAside() {}
  }

  @AfterEach
  void end() {
    services.forEach(StoreService::close);
    assertThat(failures).isEmpty();
  }

  @Test
  void whatIsAcknowledgedIsOnDiskThoughNobodyClosesIt(@TempDir Path folder) throws Exception {
    StoreService service = start(file(folder.resolve("store")));
    for (int i = 1; i <= 5; i++) {
      assertThat(done(service).value().fields().counter("c")).isEqualTo(i);
    }
    Path copy = folder.resolve("killed"); // as a process that is killed leaves it
    Path made = service.read(store -> copy(folder.resolve("store"), copy));
    assertThat(made).isEqualTo(copy);
    StoreService next = start(file(copy));
    assertThat(next.read(store -> store.get(KEY)).fields().counter("c")).isEqualTo(5);
    assertThat(done(next).value().fields().counter("c")).isEqualTo(6);
  }

  @Test
  void onlySoManyWaitForTheDiskAndTheNextIsRefusedAtOnce() throws Exception {
    SlowDisk disk = new SlowDisk();
    disk.writes.release(); // its first life
    StoreService service = start(disk);
    List<CompletableFuture<Result>> answers = new ArrayList<>();
    answers.add(service.submit(KEY, PLUS, null));
    assertThat(disk.begun.await(20, TimeUnit.SECONDS)).isTrue();
    for (int i = 1; i < ReplicatedStoreOptions.DEFAULT.waiting(); i++) {
      answers.add(service.submit(KEY, PLUS, null));
    }
    assertThat(answers).noneMatch(CompletableFuture::isDone);
    assertThat(service.submit(KEY, PLUS, null)).isCompletedWithValue(new Result.Busy());
    disk.writes.release(1_000);
    for (CompletableFuture<Result> answer : answers) {
      assertThat(answer.get(20, TimeUnit.SECONDS)).isInstanceOf(Result.Done.class);
    }
    assertThat(done(service).value().fields().counter("c")).isEqualTo(33);
  }

  @Test
  void aDiskThatCannotBeOpenedIsSaidAndTriedAgain(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("store");
    MvStorage other = MvStorage.open(file.toString()); // another process has it
    StoreService service = start(file(file));
    assertThat(outcome(service)).isInstanceOf(Result.Unavailable.class);
    assertThatThrownBy(() -> service.get(KEY)).isInstanceOf(TimeoutException.class);
    other.close();
    Result result = outcome(service);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!(result instanceof Result.Done) && System.nanoTime() < end) {
      result = outcome(service);
    }
    assertThat(result).isInstanceOf(Result.Done.class);
    assertThat(problems).isNotEmpty().allMatch(problem -> problem.contains("lock"));
  }

  @Test
  void aDamagedDiskIsSetAsideAndTheStoreGoesOn(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("store");
    byte[] noise = new byte[20_000];
    new Random(1).nextBytes(noise);
    Files.write(file, noise);
    StoreService service = start(file(file));
    Result result = outcome(service);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!(result instanceof Result.Done) && System.nanoTime() < end) {
      result = outcome(service);
    }
    assertThat(result).isInstanceOf(Result.Done.class);
    assertThat(folder.resolve("aside")).hasBinaryContent(noise);
  }

  /** Damage of a file that is in use. */
  private enum Damage {
    REMOVED {
      @Override
      void to(Path file) throws IOException {
        Files.delete(file);
      }
    },
    REPLACED {
      @Override
      void to(Path file) throws IOException {
        Files.move(file, file.resolveSibling("elsewhere"));
        Files.write(file, new byte[40_000]);
      }
    },
    CUT {
      @Override
      void to(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          var _ = channel.truncate(5_000);
        }
      }
    },
    EMPTIED {
      @Override
      void to(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          var _ = channel.truncate(0);
        }
      }
    },
    OVERWRITTEN {
      @Override
      void to(Path file) throws IOException {
        byte[] noise = new byte[(int) Files.size(file)];
        new Random(3).nextBytes(noise);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          var _ = channel.write(ByteBuffer.wrap(noise));
        }
      }
    };

    abstract void to(Path file) throws IOException;
  }

  @ParameterizedTest
  @EnumSource
  void aDiskThatIsDamagedWhileItIsInUseIsMadeAnewWithAllThatWasOnIt(
      Damage damage, @TempDir Path folder) throws Exception {
    Path file = folder.resolve("store");
    StoreService service = start(file(file));
    Set<Key> acknowledged = new LinkedHashSet<>();
    for (int i = 0; i < 300; i++) {
      acknowledged.add(write(service, "k/" + i));
    }
    damage.to(file);
    Result last = null;
    // Pages that nobody reads may be damaged for long: whatever is written meanwhile is kept, too.
    for (int i = 300; i < 700; i++) {
      Key key = new Key("k/" + i % 500);
      last = service.submit(key, TEXT, null).get(20, TimeUnit.SECONDS);
      if (last instanceof Result.Done) {
        acknowledged.add(key);
      }
    }
    assertThat(last).isInstanceOf(Result.Done.class);
    assertThat(Objects.requireNonNull(service.counters()).rebuilds()).isEqualTo(1);
    assertThat(rebuilt).hasValue(1);
    service.close();
    StoreService next = start(file(file));
    for (Key key : acknowledged) {
      assertThat(next.get(key).isAbsent()).as(key.text()).isFalse();
    }
    assertThat(next.problem()).isNull();
  }

  private static Key write(StoreService service, String key) throws Exception {
    Key written = new Key(key);
    assertThat(service.submit(written, TEXT, null).get(20, TimeUnit.SECONDS))
        .isInstanceOf(Result.Done.class);
    return written;
  }

  @Test
  void whereADamagedDiskCannotBeMadeAnewItIsSaidAndReadsGoOn(@TempDir Path folder)
      throws Exception {
    Path file = folder.resolve("store");
    AtomicBoolean full = new AtomicBoolean(true);
    StoreService.Disk disk =
        new StoreService.Disk() {
          @Override
          public Storage open() throws StorageException {
            return MvStorage.open(file.toString());
          }

          @Override
          public void setAside() throws StorageException {
            if (full.get()) {
              throw new StorageException("no space left");
            }
            deleteIfThere(file);
          }
        };
    StoreService service = start(disk);
    Key key = write(service, "k/1");
    Files.delete(file);
    assertThat(service.submit(key, TEXT, null).get(20, TimeUnit.SECONDS))
        .isInstanceOf(Result.Unavailable.class);
    assertThat(service.submit(key, TEXT, null).get(20, TimeUnit.SECONDS))
        .isInstanceOf(Result.Unavailable.class);
    assertThat(service.get(key).isAbsent()).isFalse();
    assertThat(problems).anyMatch(problem -> problem.contains("no space left"));
    full.set(false);
    Result result = outcome(service);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!(result instanceof Result.Done) && System.nanoTime() < end) {
      result = outcome(service);
    }
    assertThat(result).isInstanceOf(Result.Done.class);
    assertThat(service.problem()).isNull();
  }

  @Test
  void nothingIsTakenAfterTheWordToStopAndWhatWasTakenBeforeIsDone() throws Exception {
    StoreService service = start(StoreService.Disk.none());
    List<CompletableFuture<Result>> answers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      answers.add(service.submit(KEY, PLUS, null));
    }
    service.stopWriting("it ends");
    assertThat(service.submit(KEY, PLUS, null))
        .isCompletedWithValue(new Result.Unavailable("it ends"));
    for (CompletableFuture<Result> answer : answers) {
      assertThat(answer.get(20, TimeUnit.SECONDS)).isInstanceOf(Result.Done.class);
    }
    assertThat(service.get(KEY).fields().counter("c")).isEqualTo(20);
  }

  @Test
  void manyLargeValuesGoToTheDiskAFewAtATime() throws Exception {
    SlowDisk disk = new SlowDisk();
    disk.writes.release();
    StoreService service = start(disk);
    CompletableFuture<Result> first = service.submit(KEY, PLUS, null);
    assertThat(disk.begun.await(20, TimeUnit.SECONDS)).isTrue();
    List<CompletableFuture<Result>> answers = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      answers.add(service.submit(new Key("large/" + i), register("x".repeat(1_000_000)), null));
    }
    disk.writes.release(1_000);
    assertThat(first.get(20, TimeUnit.SECONDS)).isInstanceOf(Result.Done.class);
    for (CompletableFuture<Result> answer : answers) {
      assertThat(answer.get(20, TimeUnit.SECONDS)).isInstanceOf(Result.Done.class);
    }
    assertThat(disk.storage.batches())
        .allSatisfy(batch -> assertThat(batch.records()).hasSizeLessThanOrEqualTo(2));
  }

  private static Operation register(String text) {
    return Operation.Update.field("r", FieldType.REGISTER, new Operation.Assign(text));
  }

  private static void deleteIfThere(Path file) throws StorageException {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new StorageException("not deleted", e);
    }
  }

  @Test
  void aWatchBringsWhatIsThereThenEachChangeOnce() throws Exception {
    StoreService service = start(StoreService.Disk.none());
    var _ = done(service);
    Semaphore word = new Semaphore(0);
    try (StoreService.Watch watch =
        service.watch(KeyPattern.of("a/*"), word::release).orElseThrow()) {
      assertThat(word.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
      assertThat(watch.poll(10)).singleElement().extracting(Change::key).isEqualTo(KEY);
      for (int i = 0; i < 10; i++) {
        var _ = done(service);
      }
      assertThat(word.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
      assertThat(watch.poll(10))
          .singleElement()
          .satisfies(change -> assertThat(change.value().fields().counter("c")).isEqualTo(11));
      assertThat(watch.poll(10)).isEmpty();
    }
  }

  @Test
  void neighboursMessagesAreBoundedWhileTheDiskIsSlow() throws Exception {
    SlowDisk disk = new SlowDisk();
    disk.writes.release();
    StoreService service = start(disk);
    CompletableFuture<Result> answer = service.submit(KEY, PLUS, null);
    assertThat(disk.begun.await(20, TimeUnit.SECONDS)).isTrue();
    byte[] message = new byte[StoreMessage.MAX_BYTES];
    int taken = 0;
    while (service.tryTake("n2", message)) {
      taken++;
    }
    assertThat((long) taken * message.length)
        .isGreaterThan(StoreService.MAX_QUEUED_BYTES - message.length)
        .isLessThanOrEqualTo(StoreService.MAX_QUEUED_BYTES);
    disk.writes.release(1_000);
    assertThat(answer.get(20, TimeUnit.SECONDS)).isInstanceOf(Result.Done.class);
    var _ = service.get(KEY); // answered after all that was taken before it
    assertThat(service.tryTake("n2", message)).isTrue();
  }

  @Test
  void whoeverIsClosedAnswersAll() throws Exception {
    StoreService service = start(StoreService.Disk.none());
    var _ = done(service);
    assertThat(service.tryReplicate(Duration.ofSeconds(20))).isFalse(); // nobody is there
    service.close();
    assertThat(outcome(service)).isInstanceOf(Result.Unavailable.class);
    assertThatThrownBy(() -> service.get(KEY)).isInstanceOf(TimeoutException.class);
    assertThat(multicast).hasSize(1);
  }

  private StoreService start(StoreService.Disk disk) throws InterruptedException {
    StoreService service =
        StoreService.start(
            "n1",
            disk,
            ReplicatedStoreOptions.DEFAULT,
            new StoreOutbox() {
              @Override
              public void send(String neighbour, byte[] message) {}

              @Override
              public void multicast(byte[] message) {
                multicast.add(message);
              }
            },
            new StoreService.Listener() {
              @Override
              public void storeUnavailable(String reason) {
                problems.add(reason);
              }

              @Override
              public void storeRebuilt() {
                rebuilt.incrementAndGet();
              }

              @Override
              public void failed(Throwable cause) {
                failures.add(cause);
              }
            },
            InstantSource.system(),
            new Random(1));
    services.add(service);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while ("the store is starting".equals(service.problem()) && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    return service;
  }

  private static Path copy(Path from, Path to) {
    try {
      return Files.copy(from, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static StoreService.Disk file(Path file) {
    return new StoreService.Disk() {
      @Override
      public Storage open() throws StorageException {
        return MvStorage.open(file.toString());
      }

      @Override
      public void setAside() throws StorageException {
        try {
          if (Files.exists(file)) {
            Files.move(file, file.resolveSibling("aside"));
          }
        } catch (IOException e) {
          throw new StorageException("not moved", e);
        }
      }
    };
  }

  private static Result outcome(StoreService service) throws Exception {
    return service.submit(KEY, PLUS, null).get(20, TimeUnit.SECONDS);
  }

  private static Result.Done done(StoreService service) throws Exception {
    @Nullable Result result = outcome(service);
    assertThat(result).isInstanceOf(Result.Done.class);
    return (Result.Done) result;
  }
}
