package io.llamamesh.fabric.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.partition.Partition.Direction;
import java.util.List;
import org.junit.jupiter.api.Test;

class SettledPartitionsTest {

  private static final long SECOND = 1_000_000_000L;
  private static final Partition WHOLE =
      block(List.of("a", "b"), List.of("c", "d"), Direction.BOTH, false);

  private final SettledPartitions settled = new SettledPartitions();

  private static Partition block(
      List<String> sideA, List<String> sideB, Direction direction, boolean probesOnly) {
    return new Partition(sideA, sideB, direction, probesOnly, List.of(), 0);
  }

  @Test
  void whatComesAboutIsTakenAtOnceWhateverPartsOfItWereNamedFirst() {
    Partition part = block(List.of("a"), List.of("c"), Direction.A_TO_B, false);
    Partition other = block(List.of("b"), List.of("c"), Direction.B_TO_A, false);

    assertThat(settled.next(List.of(part), 0)).containsExactly(part);
    assertThat(settled.next(List.of(other), SECOND)).as("of the same fault").containsExactly(other);
    assertThat(settled.next(List.of(WHOLE), 2 * SECOND)).containsExactly(WHOLE);
    assertThat(settled.isHolding()).isFalse();
  }

  @Test
  void whatHealsStaysAsItWasUntilItIsGone() {
    settled.next(List.of(WHOLE), 0);
    Partition narrower = block(List.of("a", "b"), List.of("c", "d"), Direction.A_TO_B, false);
    Partition smaller = block(List.of("a"), List.of("c", "d"), Direction.BOTH, false);
    Partition links = block(List.of("a", "b"), List.of("c", "d"), Direction.BOTH, true);

    assertThat(settled.next(List.of(narrower), 5 * SECOND)).containsExactly(WHOLE);
    assertThat(settled.isHolding()).isTrue();
    assertThat(settled.next(List.of(smaller), 5 * SECOND + 1)).containsExactly(WHOLE);
    assertThat(settled.next(List.of(links), 5 * SECOND + 2)).containsExactly(WHOLE);
    assertThat(settled.next(List.of(), 5 * SECOND + 3)).isEmpty();
    assertThat(settled.isHolding()).isFalse();
  }

  @Test
  void whatIsLeftOfItIsNamedOnceItHasLasted() {
    settled.next(List.of(WHOLE), 0);
    Partition rest = block(List.of("c"), List.of("a"), Direction.BOTH, false);

    assertThat(settled.next(List.of(rest), 3 * SECOND)).containsExactly(WHOLE);
    assertThat(settled.next(List.of(rest), 4 * SECOND)).containsExactly(WHOLE);
    assertThat(settled.next(List.of(rest), 3 * SECOND + SettledPartitions.HELD))
        .containsExactly(rest);
  }

  @Test
  void anotherFaultIsNamedAtOnceBesideOneThatHeals() {
    settled.next(List.of(WHOLE), 0);
    Partition narrower = block(List.of("a", "b"), List.of("c", "d"), Direction.A_TO_B, false);
    Partition other = block(List.of("e"), List.of("f"), Direction.BOTH, false);

    assertThat(settled.next(List.of(narrower, other), 3 * SECOND)).containsExactly(WHOLE, other);
  }

  @Test
  void aBlockThatGrowsOverAnotherSideOfItIsTakenAtOnce() {
    Partition oneWay = block(List.of("b"), List.of("c"), Direction.A_TO_B, true);
    settled.next(List.of(oneWay), 0);
    Partition grown = block(List.of("a", "c"), List.of("b"), Direction.B_TO_A, false);

    assertThat(settled.next(List.of(grown), 3 * SECOND)).containsExactly(grown);
  }
}
