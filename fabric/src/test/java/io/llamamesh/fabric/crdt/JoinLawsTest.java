package io.llamamesh.fabric.crdt;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.testing.Cases;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Laws that make replicas agree, whatever the order of what reaches them. */
class JoinLawsTest {

  private static final int USUAL = 1_000;

  @Test
  void joinIsCommutative() {
    Cases.seeds(USUAL)
        .forEach(seed -> {
          Replicas replicas = replicas(seed);
          Document a = replicas.any();
          Document b = replicas.any();
          assertThat(a.join(b)).as("seed %d", seed).isEqualTo(b.join(a));
        });
  }

  @Test
  void joinIsAssociative() {
    Cases.seeds(USUAL)
        .forEach(seed -> {
          Replicas replicas = replicas(seed);
          Document a = replicas.any();
          Document b = replicas.any();
          Document c = replicas.any();
          assertThat(a.join(b).join(c)).as("seed %d", seed).isEqualTo(a.join(b.join(c)));
        });
  }

  @Test
  void joinIsIdempotentAndNeverForgets() {
    Cases.seeds(USUAL)
        .forEach(seed -> {
          Replicas replicas = replicas(seed);
          Document a = replicas.any();
          Document b = replicas.any();
          Document joined = a.join(b);
          assertThat(a.join(a)).as("seed %d", seed).isEqualTo(a);
          assertThat(joined.join(a)).as("seed %d", seed).isEqualTo(joined);
          assertThat(joined.join(b)).as("seed %d", seed).isEqualTo(joined);
          assertThat(joined.context().containsAll(a.context())).as("seed %d", seed).isTrue();
        });
  }

  @Test
  void deltasInAnyOrderAndTwiceEqualTheStates() {
    Cases.seeds(USUAL)
        .forEach(seed -> {
          Replicas replicas = replicas(seed);
          List<Document> deltas = new ArrayList<>(replicas.deltas());
          deltas.addAll(replicas.deltas());
          Collections.shuffle(deltas, new Random(seed));
          Document joined = deltas.stream().reduce(Document.EMPTY, Document::join);
          assertThat(joined).as("seed %d", seed).isEqualTo(replicas.joined());
        });
  }

  @Test
  void deltasObeyTheLawsAmongThemselves() {
    Cases.seeds(USUAL)
        .forEach(seed -> {
          Replicas replicas = replicas(seed);
          SplittableRandom random = Cases.random(~seed);
          List<Document> all = new ArrayList<>(replicas.deltas());
          all.addAll(replicas.documents());
          Document a = all.get(random.nextInt(all.size()));
          Document b = all.get(random.nextInt(all.size()));
          Document c = all.get(random.nextInt(all.size()));
          assertThat(a.join(b)).as("seed %d", seed).isEqualTo(b.join(a));
          assertThat(a.join(b).join(c)).as("seed %d", seed).isEqualTo(a.join(b.join(c)));
          assertThat(a.join(b).join(a)).as("seed %d", seed).isEqualTo(a.join(b));
        });
  }

  @Test
  void everyDotOfADocumentIsSeenAndStandsAtOnePlace() {
    Cases.seeds(USUAL)
        .forEach(seed -> {
          Document joined = replicas(seed).joined();
          List<Dot> dots = new ArrayList<>();
          joined.root().forEachDot(dots::add);
          assertThat(dots).as("seed %d", seed).doesNotHaveDuplicates();
          assertThat(dots).as("seed %d", seed).allMatch(joined.context()::contains);
        });
  }

  private static Replicas replicas(long seed) {
    SplittableRandom random = Cases.random(seed);
    return Replicas.played(random, 2 + random.nextInt(3), 5 + random.nextInt(40));
  }
}
