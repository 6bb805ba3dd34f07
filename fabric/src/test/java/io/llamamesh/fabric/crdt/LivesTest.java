package io.llamamesh.fabric.crdt;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.testing.Cases;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Nodes that restart, with the disk they had, an older one, or none. */
class LivesTest {

  private static final Operation ADD_ONE =
      Operation.Update.field("c", FieldType.COUNTER, new Operation.Increment(1));

  @Test
  void aContextDoesNotGrowWithRestarts() throws OperationException {
    Document document = Document.EMPTY;
    int firstRound = 0;
    for (long life = 1; life <= 500; life++) {
      for (int node = 0; node < 10; node++) {
        document = document.apply(ADD_ONE, new Actor("n" + node, life), 0, life).document();
      }
      if (life == 1) {
        firstRound = DocumentCodec.encode(document).length;
      }
    }
    assertThat(document.root().counter("c")).isEqualTo(5_000);
    assertThat(document.context().size()).isLessThanOrEqualTo(20);
    assertThat(DocumentCodec.encode(document).length).isLessThanOrEqualTo(3 * firstRound);
  }

  @Test
  void anOldDiskThatComesBackAddsNothingTwice() throws OperationException {
    Document document = Document.EMPTY;
    Document old = document;
    for (long life = 1; life <= 50; life++) {
      for (int node = 0; node < 3; node++) {
        document = document.apply(ADD_ONE, new Actor("n" + node, life), 0, life).document();
        if (life == 20 && node == 1) {
          old = document;
        }
      }
    }
    assertThat(document.join(old)).isEqualTo(document);
    assertThat(old.join(document)).isEqualTo(document);
  }

  @Test
  void anOldDiskThatMergesItsLivesByItselfAddsNothingTwice() throws OperationException {
    Operation takeOne = Operation.Update.field("c", FieldType.COUNTER, new Operation.Increment(-1));
    for (Operation operation : new Operation[] {ADD_ONE, takeOne}) {
      Document document = Document.EMPTY;
      Map<Long, Document> disks = new HashMap<>();
      for (long life = 1; life <= 12; life++) {
        document = document.apply(operation, new Actor("n1", life), 0, life).document();
        disks.put(life, document);
      }
      for (Map.Entry<Long, Document> disk : disks.entrySet()) {
        Document merged = disk.getValue().mergeLives(new Actor("n1", 100), disk.getKey());
        long sum = document.root().counter("c");
        assertThat(merged.join(document)).isEqualTo(document.join(merged));
        assertThat(document.join(merged).root().counter("c")).isEqualTo(sum);
        Document written = merged.apply(operation, new Actor("n1", 100), 0, 0).document();
        assertThat(document.join(written).root().counter("c")).isEqualTo(sum / 12 * 13);
      }
    }
  }

  @Test
  void anOldDiskThatMergesItsLivesDoesNotBringARemovedCounterBack() throws OperationException {
    Document disk = Document.EMPTY;
    for (long life = 1; life <= 3; life++) {
      disk = disk.apply(ADD_ONE, new Actor("n1", life), 0, life).document();
    }
    Operation remove = Operation.Update.without("c", FieldType.COUNTER);
    Document removed = disk.apply(remove, new Actor("n2", 1), 0, 0).document();
    Document merged = disk.mergeLives(new Actor("n1", 4), 3);
    assertThat(merged).isNotEqualTo(disk);
    assertThat(removed.join(merged).isEmpty()).isTrue();
    assertThat(merged.join(removed).isEmpty()).isTrue();
  }

  @Test
  void aDiskPutBackLosesNeitherWhatOthersHoldNorWhatIsWrittenNext() throws OperationException {
    Actor second = new Actor("n2", 10);
    Document others = Document.EMPTY;
    Document disk = Document.EMPTY;
    for (int i = 1; i <= 5; i++) {
      others = others.apply(ADD_ONE, second, 0, 10).document();
      disk = i == 3 ? others : disk;
    }
    for (Document restored : new Document[] {disk, Document.EMPTY}) {
      Document next = restored.apply(ADD_ONE, new Actor("n2", 11), 0, 0).document();
      next =
          next.apply(
                  Operation.Update.field("s", FieldType.SET, new Operation.Add(Set.of("x"))),
                  new Actor("n2", 11),
                  0,
                  0)
              .document();
      Document joined = others.join(next);
      assertThat(joined.root().counter("c")).isEqualTo(6);
      assertThat(joined.root().set("s").elements()).containsExactly("x");
      assertThat(joined.apply(ADD_ONE, new Actor("n2", 12), 0, 12).document().root().counter("c"))
          .isEqualTo(7);
    }
  }

  @Test
  void livesThatAreNotSettledStayApart() throws OperationException {
    Document document = Document.EMPTY;
    for (long life = 1; life <= 5; life++) {
      document = document.apply(ADD_ONE, new Actor("n1", life), 0, 3).document();
    }
    assertThat(document.context().size()).isEqualTo(3);
    assertThat(document.context().floor("n1")).isEqualTo(3);
    assertThat(document.root().counter("c")).isEqualTo(5);
  }

  @Test
  void aLifeOfWhichADeltaIsMissingStaysApart() throws OperationException {
    Document.Applied first = Document.EMPTY.apply(ADD_ONE, new Actor("n1", 1), 0, 0);
    Document.Applied second =
        first
            .document()
            .apply(
                Operation.Update.field("f", FieldType.FLAG, new Operation.Enable()),
                new Actor("n1", 1),
                0,
                0);
    Document gap = second.delta();
    for (long life = 2; life <= 4; life++) {
      gap = gap.apply(ADD_ONE, new Actor("n1", life), 0, life).document();
    }
    assertThat(gap.join(first.delta()).root().counter("c")).isEqualTo(4);
  }

  @Test
  void aGapThatIsNeverFilledIsNotWaitedForForEver() throws OperationException {
    Document gap =
        Document.EMPTY
            .apply(ADD_ONE, new Actor("n1", 1), 0, 0)
            .document()
            .apply(ADD_ONE, new Actor("n1", 1), 0, 0)
            .document()
            .apply(
                Operation.Update.field("f", FieldType.FLAG, new Operation.Enable()),
                new Actor("n1", 1),
                0,
                0)
            .delta();
    for (long life = 2; life <= 100; life++) {
      gap = gap.apply(ADD_ONE, new Actor("n1", life), 0, life).document();
      assertThat(gap.context().size()).isLessThanOrEqualTo(DocumentLimits.MAX_WAITING_LIVES + 2);
    }
    assertThat(gap.root().counter("c")).isEqualTo(99);
  }

  @Test
  void writesOfALifeBelowTheFloorAreGivenToANewOne() throws OperationException {
    Document others = Document.EMPTY;
    for (long life = 100; life < 105; life++) {
      others = others.apply(ADD_ONE, new Actor("n3", life), 0, life).document();
    }
    Actor tooLow = new Actor("n3", 50);
    Document own = Document.EMPTY.apply(ADD_ONE, tooLow, 0, 0).document();
    assertThat(others.join(own).root().counter("c")).isEqualTo(5);
    Document renamed = own.rename(tooLow, new Actor("n3", 200));
    assertThat(others.join(renamed).root().counter("c")).isEqualTo(6);
    assertThat(renamed.rename(tooLow, new Actor("n3", 200))).isSameAs(renamed);
  }

  /** Restarts, merges of lives and exchanges at random: a counter is the sum of what was added. */
  @Test
  void countersAreExactWhateverRestartsAndWhenLivesAreMerged() {
    Cases.seeds(500)
        .forEach(seed -> {
          SplittableRandom random = Cases.random(seed);
          int nodes = 2 + random.nextInt(3);
          Map<Integer, Document> documents = new HashMap<>();
          Map<Integer, Long> lives = new HashMap<>();
          long sum = 0;
          for (int step = 0; step < 60; step++) {
            int node = random.nextInt(nodes);
            Document document = documents.getOrDefault(node, Document.EMPTY);
            long life = lives.getOrDefault(node, 1L);
            switch (random.nextInt(4)) {
              case 0 -> lives.put(node, life + 1);
              case 1 ->
                  documents.put(
                      node,
                      document.join(documents.getOrDefault(random.nextInt(nodes), Document.EMPTY)));
              default -> {
                int by = random.nextInt(9) - 4;
                sum += by;
                documents.put(node, increment(document, by, new Actor("n" + node, life)));
              }
            }
          }
          Document all = documents.values().stream().reduce(Document.EMPTY, Document::join);
          assertThat(all.root().counter("c")).as("seed %d", seed).isEqualTo(sum);
          assertThat(all.context().size()).as("seed %d", seed).isLessThanOrEqualTo(3 * nodes);
        });
  }

  private static Document increment(Document document, long by, Actor actor) {
    try {
      Operation operation =
          Operation.Update.field("c", FieldType.COUNTER, new Operation.Increment(by));
      return document.apply(operation, actor, 0, actor.life()).document();
    } catch (OperationException e) {
      throw new AssertionError(e);
    }
  }
}
