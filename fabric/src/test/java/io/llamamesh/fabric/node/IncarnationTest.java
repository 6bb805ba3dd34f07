package io.llamamesh.fabric.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

class IncarnationTest {

  @Test
  void growsFromLifeToLifeWhateverTheClockSays() {
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      long incarnation = 0;
      for (int life = 0; life < 20; life++) {
        long clock = random.nextBoolean() ? random.nextLong() >> 20 : random.nextLong(1L << 33);
        long next = Incarnation.first(clock, incarnation);
        assertThat(next).isGreaterThan(incarnation);
        assertThat(Incarnation.isValid(next)).isTrue();
        incarnation = next;
      }
    }
  }

  @Test
  void isAboveWhatOthersHold() {
    assertThat(Incarnation.above(1_800_000_000L, 2_080_000_000L)).isEqualTo(2_080_000_001L);
    assertThat(Incarnation.above(7, 3)).isEqualTo(8);
  }

  @Test
  void nobodyCanTakeTheLastNumberAway() {
    assertThat(Incarnation.isValid(Long.MAX_VALUE)).isFalse();
    assertThat(Incarnation.isValid(0)).isFalse();
    assertThat(Incarnation.isValid(-1)).isFalse();
    assertThat(Incarnation.above(1, Long.MAX_VALUE - 1)).isEqualTo(Incarnation.MAX);
  }

  @Test
  void namesAndAddressesAreBounded() {
    assertThatThrownBy(() -> new FabricPeer("", "a:1"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new FabricPeer("x".repeat(254), "a:1"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new FabricPeer("n1", "x".repeat(260)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
