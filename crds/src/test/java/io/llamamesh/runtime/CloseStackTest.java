package io.llamamesh.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CloseStackTest {
  private final List<String> closed = new ArrayList<>();

  @Test
  void theLastIsClosedFirstAndEachThoughAnotherFails() {
    CloseStack stack = new CloseStack();
    AutoCloseable first = stack.register(() -> closed.add("first"));
    stack.register(() -> {
      closed.add("second");
      throw new IllegalStateException("does not end");
    });
    stack.register(() -> closed.add("third"));
    stack.close();
    stack.close();
    assertThat(closed).containsExactly("third", "second", "first");
    assertThat(first).isNotNull();
  }
}
