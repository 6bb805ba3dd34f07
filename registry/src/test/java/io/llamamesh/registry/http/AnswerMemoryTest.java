package io.llamamesh.registry.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class AnswerMemoryTest {
  private static AnswerMemory.Share taken(AnswerMemory memory, long bytes) {
    AnswerMemory.Share share = memory.take(bytes);
    assertThat(share).isNotNull();
    return share;
  }

  @Test
  void whatIsTakenIsGivenBackOnce() {
    AnswerMemory memory = new AnswerMemory(10 << 10, 0);
    AnswerMemory.Share first = taken(memory, 6 << 10);
    assertThat(memory.take(6 << 10)).isNull();
    first.close();
    first.close();
    AnswerMemory.Share second = taken(memory, 9 << 10);
    assertThat(memory.take(1)).isNull();
    second.close();
  }

  @Test
  void whatTurnsOutShortLeavesRoom() {
    AnswerMemory memory = new AnswerMemory(10 << 10, 0);
    taken(memory, 8 << 10).shrink(1_000);
    assertThat(memory.take(8 << 10)).isNotNull();
  }

  @Test
  void oneThatIsLongerThanAllIsMadeAlone() {
    AnswerMemory memory = new AnswerMemory(10 << 10, 0);
    AnswerMemory.Share whole = taken(memory, 1L << 40);
    assertThat(memory.take(1)).isNull();
    whole.close();
    assertThat(memory.take(1)).isNotNull();
  }
}
