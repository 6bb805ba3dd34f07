package io.llamamesh.agent.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class StoreMemoryTest {

  private static final long MIB = 1L << 20;

  private final StoreMemory memory = new StoreMemory(64 * MIB);

  @Test
  void sharesTogetherAreAnEighthOfTheHeapAndWhatIsBeyondIsRefusedAndCounted() throws Exception {
    StoreMemory.Share first = memory.share();
    StoreMemory.Share second = memory.share();
    first.resize(5 * MIB, Duration.ZERO);
    assertThatThrownBy(() -> second.resize(4 * MIB, Duration.ofMillis(5)))
        .isInstanceOfSatisfying(
            RequestException.class, refused -> assertThat(refused.status()).isEqualTo(429));
    assertThat(memory.refused()).isEqualTo(1);
    second.resize(3 * MIB, Duration.ZERO);
    first.resize(MIB, Duration.ZERO);
    second.resize(7 * MIB, Duration.ZERO);
    first.close();
    first.close(); // gives nothing back twice
    assertThatThrownBy(() -> first.resize(2 * MIB, Duration.ZERO))
        .isInstanceOf(RequestException.class);
    first.resize(MIB, Duration.ZERO);
  }

  @Test
  void whatIsSmallIsNeverRefusedAndWhatIsTooLargeTakesAll() throws Exception {
    try (StoreMemory.Share all = memory.share();
        StoreMemory.Share small = memory.share();
        StoreMemory.Share other = memory.share()) {
      all.resize(500 * MIB, Duration.ZERO);
      small.resize(StoreMemory.SMALL_BYTES, Duration.ZERO);
      assertThatThrownBy(() -> other.resize(StoreMemory.SMALL_BYTES + 1, Duration.ZERO))
          .isInstanceOf(RequestException.class);
      assertThat(memory.decoding(500 * MIB, () -> "decoded beside")).isEqualTo("decoded beside");
    }
  }
}
