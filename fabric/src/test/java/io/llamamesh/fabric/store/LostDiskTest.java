package io.llamamesh.fabric.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.crdt.FieldType;
import io.llamamesh.fabric.crdt.Operation;
import io.llamamesh.fabric.testing.Cases;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Nodes that come back with an older disk, none, a wrong clock, or very often. */
class LostDiskTest {

  @Test
  void aDiskPutBackOrEmptiedLosesNothingThatWasAcknowledged() {
    for (boolean emptied : new boolean[] {false, true}) {
      for (boolean multicast : new boolean[] {true, false}) {
        Cases.seeds(5)
            .forEach(seed -> {
              SimulatedStores stores = new SimulatedStores(10, seed);
              stores.run(1);
              SimulatedStores.Node second = stores.node("n2");
              Storage.Contents older = Storage.Contents.EMPTY;
              for (int i = 1; i <= 5; i++) {
                second.increment("c", 1);
                older = i == 3 && !emptied ? second.storage.contents() : older;
              }
              assertThat(stores.runUntilEqual(10)).isGreaterThanOrEqualTo(0);
              second.stop();
              second.storage.putBack(older);
              stores.cut((a, b) -> a.equals("n2") || b.equals("n2"));
              second.start();
              second.increment("c", 1);
              second.submit(
                  "s", Operation.Update.field("s", FieldType.SET, new Operation.Add(Set.of("x"))));
              stores.loseMulticasts(multicast ? 0 : 1);
              stores.heal();
              stores.run(5);
              for (SimulatedStores.Node node : stores.nodes()) {
                assertThat(node.counter("c")).isEqualTo(6);
                assertThat(node.store().get(new Key("s")).fields().set("s").elements())
                    .containsExactly("x");
              }
            });
      }
    }
  }

  @Test
  void aClockThatWasAheadDoesNotLockANodeOut() {
    SimulatedStores stores = new SimulatedStores(10, 3);
    SimulatedStores.Node third = stores.node("n3");
    third.wallSkewSeconds = 280_000_000;
    for (int i = 0; i < 4; i++) {
      third.restart();
      stores.run(2);
      third.increment("node/n3/c", 1);
      third.increment("shared", 1);
      stores.run(2);
    }
    assertThat(stores.runUntilEqual(10)).isGreaterThanOrEqualTo(0);
    third.stop();
    third.storage.putBack(Storage.Contents.EMPTY);
    third.wallSkewSeconds = 0;
    stores.cut((a, b) -> a.equals("n3") || b.equals("n3"));
    third.start();
    third.increment("node/n3/c", 1);
    third.increment("shared", 1);
    third.restart();
    third.increment("node/n3/c", 1);
    stores.heal();
    stores.run(5);
    for (SimulatedStores.Node node : stores.nodes()) {
      assertThat(node.counter("node/n3/c")).isEqualTo(6);
      assertThat(node.counter("shared")).isEqualTo(5);
    }
    third.increment("node/n3/c", 1);
    stores.run(5);
    assertThat(stores.node("n9").counter("node/n3/c")).isEqualTo(7);
  }

  @Test
  void restartsLeaveNothingBehind() throws StorageException {
    SimulatedStores stores = new SimulatedStores(10, 4);
    stores.run(1);
    int rounds = Math.min(500, Cases.count(50));
    long firstRound = 0;
    int firstBatches = 0;
    Storage.Contents old = Storage.Contents.EMPTY;
    for (int round = 1; round <= rounds; round++) {
      for (SimulatedStores.Node node : stores.nodes()) {
        node.restart();
        stores.run(0.5);
        node.increment("c", 1);
      }
      if (round == 1) {
        stores.run(30);
        firstRound = stores.node("n1").store().counters().bytes();
        firstBatches = stores.node("n1").storage.batches().size();
      }
      if (round == rounds / 2) {
        old = stores.node("n10").storage.contents();
      }
    }
    assertThat(stores.runUntilEqual(30)).isGreaterThanOrEqualTo(0);
    SimulatedStores.Node tenth = stores.node("n10");
    tenth.stop();
    for (SimulatedStores.Node node : stores.nodes()) {
      // By the wall clock only: a day of ticks would take long.
      node.wallSkewSeconds = Duration.ofHours(25).toSeconds();
    }
    stores.run(60);
    assertThat(stores.node("n1").counter("c")).isEqualTo(10L * rounds);
    // Two lives of each node at the end, one in the first round.
    assertThat(stores.node("n1").store().counters().bytes()).isLessThanOrEqualTo(2 * firstRound);
    List<Storage.Batch> batches = stores.node("n1").storage.batches();
    assertThat(fileOf(batches)).isLessThanOrEqualTo(2 * fileOf(batches.subList(0, firstBatches)));
    tenth.storage.putBack(old);
    tenth.start();
    stores.run(30);
    for (SimulatedStores.Node node : stores.nodes()) {
      assertThat(node.counter("c")).isEqualTo(10L * rounds);
    }
  }

  /**
   * With and without a write before others are met, of whom the first may have lost its disk. A
   * removed key comes back only where nobody remembers it any more, and as the disk has it.
   */
  @Test
  void anOldDiskOfAnyAgeCountsNothingTwice() {
    for (Duration away : List.of(Duration.ofHours(1), Duration.ofHours(25), Duration.ofDays(40))) {
      Cases.seeds(10).forEach(seed -> comeBackWithAnOldDisk(away, seed));
    }
  }

  private static void comeBackWithAnOldDisk(Duration away, long seed) {
    SplittableRandom random = Cases.random(seed);
    SimulatedStores stores = new SimulatedStores(4, seed);
    stores.link("n3", "n4");
    SimulatedStores.Node back = stores.node("n4");
    SimulatedStores.Node emptied = stores.node("n3");
    stores.run(1);
    int rounds = 8;
    int copied = 1 + random.nextInt(rounds - 1);
    Storage.Contents old = Storage.Contents.EMPTY;
    long expected = 0;
    for (int round = 1; round <= rounds; round++) {
      back.restart();
      stores.run(0.5);
      back.increment("c", round);
      back.increment("removed", 1);
      stores.node("n1").increment("c", 100);
      expected += round + 100;
      stores.run(0.2);
      old = round == copied ? back.storage.contents() : old;
    }
    back.stop();
    stores.node("n2").submit("removed", new Operation.Clear());
    stores.run(5);
    for (SimulatedStores.Node node : stores.nodes()) {
      node.wallSkewSeconds = away.toSeconds();
      if (node != back) {
        node.restart(); // and forgets what was removed long ago
      }
    }
    stores.run(1);
    boolean meetsEmptied = random.nextBoolean();
    boolean writes = random.nextBoolean();
    if (meetsEmptied) {
      emptied.stop();
      emptied.storage.putBack(Storage.Contents.EMPTY);
      stores.cut((a, b) -> !Set.of("n3", "n4").equals(Set.of(a, b)));
      emptied.start();
    } else if (writes) {
      stores.cut((a, b) -> a.equals("n4") || b.equals("n4"));
    }
    back.storage.putBack(old);
    back.start();
    if (writes) {
      back.increment("c", 1_000);
      expected += 1_000;
    }
    stores.run(random.nextInt(3));
    stores.heal();
    stores.run(40);
    boolean forgotten = away.compareTo(ReplicatedStoreOptions.DEFAULT.keepRemoved()) > 0;
    for (SimulatedStores.Node node : stores.nodes()) {
      String text = node.name + ", seed " + seed + ", disk of life " + copied + ", " + away;
      assertThat(node.counter("c")).as(text).isEqualTo(expected);
      assertThat(node.counter("removed")).as(text).isEqualTo(forgotten ? copied : 0);
    }
  }

  /** Size of a file to which this was written, in as many lives. */
  private static long fileOf(List<Storage.Batch> batches) throws StorageException {
    SimulatedDisk.clear();
    String file = SimulatedDisk.path("lives");
    MvStorage storage = MvStorage.open(file);
    long life = batches.getFirst().life();
    for (Storage.Batch batch : batches) {
      if (batch.life() != life) {
        life = batch.life();
        storage.close();
        storage = MvStorage.open(file);
      }
      storage.write(batch);
    }
    storage.close();
    return SimulatedDisk.size(file);
  }

  @Test
  void aRemovedKeyIsForgottenInTheEndAndItsNumbersAreNotUsedAgain() {
    SimulatedStores stores = new SimulatedStores(4, 5);
    stores.run(1);
    SimulatedStores.Node first = stores.node("n1");
    first.increment("k", 3);
    stores.run(5);
    stores.node("n2").submit("k", new Operation.Clear());
    stores.run(5);
    assertThat(first.store().counters().removedKeys()).isEqualTo(1);
    for (SimulatedStores.Node node : stores.nodes()) {
      // By the wall clock only: days of ticks would take long.
      node.wallSkewSeconds = ReplicatedStoreOptions.DEFAULT.keepRemoved().toSeconds() + 1;
    }
    stores.node("n4").wallSkewSeconds = 0;
    stores.run(700);
    assertThat(first.store().counters().removedKeys()).isZero();
    assertThat(first.storage.contents().records()).doesNotContainKey("k");
    assertThat(stores.node("n4").store().counters().removedKeys()).isEqualTo(1);
    first.increment("k", 4);
    stores.run(30);
    for (SimulatedStores.Node node : stores.nodes()) {
      assertThat(node.counter("k")).isEqualTo(4);
    }
  }
}
