package io.llamamesh.fabric.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.crdt.FieldType;
import io.llamamesh.fabric.crdt.Operation;
import io.llamamesh.fabric.testing.Cases;
import java.util.Random;
import java.util.Set;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;

/** Many stores on a simulated network: they agree, and soon. */
class ConvergenceTest {

  private static final int USUAL = 10;

  @Test
  void tenNodesThatAddFiveEachToTheirOwnKeyAndASharedCounterMakeFiftyInFiveSeconds() {
    Cases.seeds(USUAL)
        .forEach(seed -> {
          SimulatedStores stores = new SimulatedStores(10, seed);
          stores.run(1);
          addFiveEach(stores);
          double seconds = stores.runUntilEqual(5);
          assertThat(seconds).as("seed %d", seed).isBetween(0.0, 5.0);
          assertCounters(stores, seed);
        });
  }

  @Test
  void whatIsWrittenOnBothSidesOfACutIsOneFiveSecondsAfterItHeals() {
    Cases.seeds(USUAL)
        .forEach(seed -> {
          SimulatedStores stores = new SimulatedStores(10, seed);
          stores.run(1);
          stores.cut((a, b) -> side(a) != side(b));
          addFiveEach(stores);
          stores.run(30);
          assertThat(stores.isEqual()).as("seed %d", seed).isFalse();
          stores.heal();
          assertThat(stores.runUntilEqual(5)).as("seed %d", seed).isBetween(0.0, 5.0);
          assertCounters(stores, seed);
        });
  }

  @Test
  void antiEntropyAloneMakesAllEqualInHundredAndFiftySeconds() {
    Cases.seeds(USUAL)
        .forEach(seed -> {
          SimulatedStores stores = new SimulatedStores(10, seed);
          stores.run(1);
          stores.loseMulticasts(1);
          addFiveEach(stores);
          assertThat(stores.runUntilEqual(150)).as("seed %d", seed).isBetween(0.0, 150.0);
          assertCounters(stores, seed);
        });
  }

  /**
   * As an overlay's guests are let in: one at a time for a second and a half, by the one node that
   * they reach. All have had four turns after two minutes.
   */
  @Test
  void guestsThatTakeTurnsAtOneNodeGetEveryKeyAndGiveTheirOwnInTwoMinutes() {
    Cases.seeds(3)
        .forEach(seed -> {
          SimulatedStores stores = new SimulatedStores(30, seed);
          int[] turn = new int[1];
          BiPredicate<String, String> cut =
              (a, b) -> isGuest(a) && !(b.equals("n1") && a.equals("n" + (11 + turn[0] % 20)));
          for (int i = 11; i <= 30; i++) {
            stores.link("n1", "n" + i);
          }
          stores.cutOnly(cut);
          stores.loseMulticasts(1);
          for (SimulatedStores.Node node : stores.nodes()) {
            node.increment("node/" + node.name + "/c", 5);
            node.increment("shared", 5);
          }
          while (turn[0] < 80 && !stores.isEqual()) {
            stores.run(1.5);
            turn[0]++;
            stores.cutOnly(cut);
          }
          for (SimulatedStores.Node reader : stores.nodes()) {
            assertThat(reader.counter("shared")).as("seed %d", seed).isEqualTo(150);
            for (SimulatedStores.Node writer : stores.nodes()) {
              assertThat(reader.counter("node/" + writer.name + "/c"))
                  .as("seed %d", seed)
                  .isEqualTo(5);
            }
          }
        });
  }

  private static boolean isGuest(String node) {
    return Integer.parseInt(node.substring(1)) > 10;
  }

  @Test
  void lostMessagesCutsRestartsAndWritesAtRandomEndInOneState() {
    Cases.seeds(USUAL)
        .forEach(seed -> {
          SimulatedStores stores = new SimulatedStores(8, seed);
          Random random = new Random(seed);
          stores.loseMessages(0.1);
          stores.loseMulticasts(0.3);
          long[] sum = new long[1];
          for (int step = 0; step < 200; step++) {
            SimulatedStores.Node node = stores.node("n" + (1 + random.nextInt(8)));
            switch (random.nextInt(12)) {
              case 0 -> node.restart();
              case 1 -> stores.cut((a, b) -> a.equals(node.name) || b.equals(node.name));
              case 2 -> stores.heal();
              case 3 -> node.submit("k/" + random.nextInt(5), new Operation.Clear());
              case 4, 5, 6 -> {
                int by = random.nextInt(9) - 4;
                node.increment("shared/counter", by);
                sum[0] += by;
              }
              default -> node.submit("k/" + random.nextInt(5), setOperation(random));
            }
            stores.run(random.nextDouble() * 2);
          }
          stores.heal();
          stores.loseMessages(0);
          assertThat(stores.runUntilEqual(150)).as("seed %d", seed).isGreaterThanOrEqualTo(0);
          for (SimulatedStores.Node node : stores.nodes()) {
            assertThat(node.counter("shared/counter")).as("seed %d", seed).isEqualTo(sum[0]);
            assertThat(node.results).allMatch(result -> result instanceof Result.Done);
          }
        });
  }

  @Test
  void aValueTooLargeForMulticastReachesEveryNodeByOffers() {
    SimulatedStores stores = new SimulatedStores(10, 1);
    stores.run(1);
    stores
        .node("n3")
        .submit(
            "large",
            Operation.Update.field(
                "r", FieldType.REGISTER, new Operation.Assign("x".repeat(900 << 10))));
    assertThat(stores.multicasts).isZero();
    assertThat(stores.runUntilEqual(5)).isBetween(0.0, 5.0);
    assertThat(stores.node("n7").store().get(new Key("large")).isAbsent()).isFalse();
  }

  @Test
  void manyKeysReachANewNodePageByPage() {
    SimulatedStores stores = new SimulatedStores(3, 1);
    SimulatedStores.Node fresh = stores.node("n3");
    fresh.stop();
    for (int i = 0; i < 3_000; i++) {
      stores
          .node("n1")
          .store()
          .submit(
              new Key("many/" + i + "/" + "k".repeat(40)),
              Operation.Update.field("f", FieldType.FLAG, new Operation.Enable()),
              null,
              result -> assertThat(result).isInstanceOf(Result.Done.class));
      if (i % 32 == 31) {
        stores.node("n1").store().flush(stores.now());
      }
    }
    stores.node("n1").store().flush(stores.now());
    stores.run(5);
    fresh.start();
    assertThat(stores.runUntilEqual(30)).isBetween(0.0, 30.0);
    assertThat(fresh.store().counters().keys()).isEqualTo(3_000);
    assertThat(fresh.store().isSynced()).isTrue();
  }

  @Test
  void aNodeThatLeavesWithItsDiskKnowsWhenANeighbourHasAllThatItWrote() {
    Cases.seeds(USUAL)
        .forEach(seed -> {
          SimulatedStores stores = new SimulatedStores(5, seed);
          stores.run(1);
          stores.loseMulticasts(1);
          SimulatedStores.Node leaver = stores.node("n2");
          leaver.increment("c", 7);
          assertThat(leaver.store().isReplicated()).isFalse();
          double seconds = 0;
          while (!leaver.store().isReplicated() && seconds < 2) {
            leaver.store().exchange();
            stores.run(0.2);
            seconds += 0.2;
          }
          assertThat(leaver.store().isReplicated()).as("seed %d", seed).isTrue();
          leaver.stop();
          leaver.storage.putBack(Storage.Contents.EMPTY);
          leaver.start();
          stores.run(2);
          assertThat(leaver.counter("c")).as("seed %d", seed).isEqualTo(7);
        });
  }

  @Test
  void storesThatAgreeSayLittle() {
    SimulatedStores stores = new SimulatedStores(10, 1);
    addFiveEach(stores);
    stores.run(60);
    long before = bytes(stores);
    stores.run(600);
    // One summary of 64 hashes and its answer each 10 to 20 s.
    assertThat((bytes(stores) - before) / 10 / 600).isLessThan(100);
  }

  private static long bytes(SimulatedStores stores) {
    long bytes = 0;
    for (SimulatedStores.Node node : stores.nodes()) {
      bytes += node.bytesSent;
    }
    return bytes;
  }

  private static Operation setOperation(Random random) {
    String element = "e" + random.nextInt(6);
    return Operation.Update.field(
        "s",
        FieldType.SET,
        random.nextInt(3) > 0
            ? new Operation.Add(Set.of(element))
            : new Operation.Remove(Set.of(element)));
  }

  private static int side(String node) {
    return node.hashCode() & 1;
  }

  private static void addFiveEach(SimulatedStores stores) {
    for (SimulatedStores.Node node : stores.nodes()) {
      for (int i = 0; i < 5; i++) {
        node.increment("node/" + node.name + "/c", 1);
        node.increment("shared", 1);
      }
    }
  }

  private static void assertCounters(SimulatedStores stores, long seed) {
    for (SimulatedStores.Node reader : stores.nodes()) {
      assertThat(reader.counter("shared")).as("seed %d", seed).isEqualTo(50);
      for (SimulatedStores.Node writer : stores.nodes()) {
        assertThat(reader.counter("node/" + writer.name + "/c")).as("seed %d", seed).isEqualTo(5);
      }
    }
  }
}
