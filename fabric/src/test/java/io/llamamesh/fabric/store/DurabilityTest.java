package io.llamamesh.fabric.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.crdt.FieldType;
import io.llamamesh.fabric.crdt.Operation;
import io.llamamesh.fabric.testing.Cases;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was acknowledged is there after a crash, and no life comes twice. */
class DurabilityTest {

  private static final StoreOutbox NOWHERE =
      new StoreOutbox() {
        @Override
        public void send(String neighbour, byte[] message) {}

        @Override
        public void multicast(byte[] message) {}
      };

  @Test
  void nothingAcknowledgedIsLostWithThePower() throws StorageException {
    crash(Math.min(200, Cases.count(24)), true);
  }

  @Test
  void nothingAcknowledgedIsLostWhenTheProcessIsKilled() throws StorageException {
    crash(Math.min(200, Cases.count(24)), false);
  }

  private static void crash(int times, boolean power) throws StorageException {
    for (long seed = 0; seed < 4; seed++) {
      SimulatedDisk.clear();
      String file = SimulatedDisk.path("store" + seed);
      Random random = new Random(seed);
      Map<String, Set<String>> acknowledged = new HashMap<>();
      long lastLife = 0;
      for (int life = 0; life < Math.ceilDiv(times, 4); life++) {
        String round = "seed " + seed + " life " + life;
        MvStorage storage = MvStorage.open(file);
        ReplicatedStore store = open(storage, random);
        assertThat(store.counters().life()).as(round).isGreaterThan(lastLife);
        assertThat(store.counters().lostRecords()).as(round).isZero();
        lastLife = store.counters().life();
        acknowledged.forEach(
            (key, elements) -> assertThat(elements(store, key)).as(round).containsAll(elements));
        SimulatedDisk.dieAfter(random.nextInt(120));
        boolean[] dead = new boolean[1];
        for (int batch = 0; batch < 60 && !dead[0]; batch++) {
          submit(store, random, life + "-" + batch, acknowledged, dead);
        }
        if (power) {
          SimulatedDisk.cutPower(random);
        } else {
          SimulatedDisk.kill();
        }
      }
      assertThat(SimulatedDisk.size(file)).isLessThan(4 << 20);
    }
  }

  private static void submit(
      ReplicatedStore store,
      Random random,
      String name,
      Map<String, Set<String>> acknowledged,
      boolean[] dead) {
    for (int i = 0; i <= random.nextInt(4); i++) {
      String key = "k/" + random.nextInt(8);
      String element = name + "-" + i + "x".repeat(random.nextInt(2_000));
      store.submit(
          new Key(key),
          Operation.Update.field("s", FieldType.SET, new Operation.Add(Set.of(element))),
          null,
          result -> {
            if (result instanceof Result.Done) {
              acknowledged.computeIfAbsent(key, added -> new HashSet<>()).add(element);
            } else {
              assertThat(result).isInstanceOf(Result.Unavailable.class);
              dead[0] = true;
            }
          });
    }
    store.flush(0);
  }

  private static Set<String> elements(ReplicatedStore store, String key) {
    return store.get(new Key(key)).fields().set("s").elements();
  }

  private static ReplicatedStore open(Storage storage, Random random) throws StorageException {
    return ReplicatedStore.open(
        "n1", storage, ReplicatedStoreOptions.DEFAULT, NOWHERE, InstantSource.system(), random);
  }

  @Test
  void nothingAcknowledgedIsLostWhenARealProcessIsKilled(@TempDir Path folder) throws Exception {
    Random random = new Random(1);
    String file = folder.resolve("store").toString();
    int acknowledged = 0;
    long lastLife = 0;
    for (int i = 0; i < Integer.getInteger("fabric.kills", 3); i++) {
      acknowledged = killedWriter(file, acknowledged, 1 + random.nextInt(40));
      try (MvStorage storage = MvStorage.open(file)) {
        ReplicatedStore store = open(storage, random);
        assertThat(store.counters().life()).isGreaterThan(lastLife);
        lastLife = store.counters().life();
        Set<String> elements = elements(store, "k");
        for (int element = 0; element < acknowledged; element++) {
          assertThat(elements).contains("e" + element);
        }
      }
    }
    assertThat(acknowledged).isPositive();
  }

  /** Runs a writer until it has acknowledged so many more, kills it, and tells the last one. */
  private static int killedWriter(String file, int from, int count)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                file,
                String.valueOf(from))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    int next = from;
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      String line = lines.readLine();
      while (line != null) {
        next = Integer.parseInt(line) + 1;
        if (next - from >= count && process.isAlive()) {
          // By its handle: the process's own method closes the stream, and what was said is lost.
          process.toHandle().destroyForcibly();
        }
        line = lines.readLine();
      }
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(next).as("acknowledged by a writer of its own").isGreaterThan(from);
    return next;
  }

  /** Program that adds elements to a set for ever and prints each one that is acknowledged. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] args) throws StorageException {
      ReplicatedStore store = open(MvStorage.open(args[0]), new Random());
      for (int i = Integer.parseInt(args[1]); ; i++) {
        int element = i;
        store.submit(
            new Key("k"),
            Operation.Update.field("s", FieldType.SET, new Operation.Add(Set.of("e" + element))),
            null,
            result -> {
              if (!(result instanceof Result.Done)) {
                throw new IllegalStateException(result.toString());
              }
              System.out.println(element);
            });
        store.flush(0);
      }
    }
  }
}
