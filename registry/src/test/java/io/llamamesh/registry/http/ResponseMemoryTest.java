package io.llamamesh.registry.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ResponseMemoryTest {
  private static ResponseMemory.Share taken(ResponseMemory memory, long bytes) {
    ResponseMemory.Share share = memory.take(bytes);
    assertThat(share).isNotNull();
    return share;
  }

  @Test
  void whatIsTakenIsGivenBackOnce() {
    ResponseMemory memory = new ResponseMemory(10 << 10, 0);
    ResponseMemory.Share first = taken(memory, 6 << 10);
    assertThat(memory.take(6 << 10)).isNull();
    first.close();
    first.close();
    ResponseMemory.Share second = taken(memory, 9 << 10);
    assertThat(memory.take(1)).isNull();
    second.close();
  }

  @Test
  void whatTurnsOutShortLeavesRoom() {
    ResponseMemory memory = new ResponseMemory(10 << 10, 0);
    taken(memory, 8 << 10).shrink(1_000);
    assertThat(memory.take(8 << 10)).isNotNull();
  }

  @Test
  void oneThatIsLongerThanAllIsMadeAlone() {
    ResponseMemory memory = new ResponseMemory(10 << 10, 0);
    ResponseMemory.Share whole = taken(memory, 1L << 40);
    assertThat(memory.take(1)).isNull();
    whole.close();
    assertThat(memory.take(1)).isNotNull();
  }
}
