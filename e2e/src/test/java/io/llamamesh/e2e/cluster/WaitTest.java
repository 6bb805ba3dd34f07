package io.llamamesh.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WaitTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  @Test
  void itAsksUntilNothingIsMissing() throws InterruptedException {
    AtomicInteger asked = new AtomicInteger();

    Wait.until("nodes", LONG, () -> asked.incrementAndGet() < 3 ? "not yet" : "");

    assertThat(asked).hasValue(3);
  }

  @Test
  void whatIsStillMissingAtTheEndIsSaid() {
    assertThatThrownBy(() -> Wait.until("nodes", Duration.ZERO, () -> "node-2"))
        .isInstanceOf(Failure.class)
        .hasMessage("nodes: not within 0 s: node-2");
  }

  @Test
  void anAnswerThatCannotBeHadIsAskedForAgain() throws InterruptedException {
    AtomicInteger asked = new AtomicInteger();

    Wait.until(
        "API",
        LONG,
        () -> {
          if (asked.incrementAndGet() == 1) {
            throw new IOException("connection refused");
          }
          return "";
        });

    assertThat(asked).hasValue(2);
  }

  /** A row that watches for something that must not happen meanwhile. */
  @Test
  void aFailureIsNotWaitedOut() {
    AtomicInteger asked = new AtomicInteger();

    assertThatThrownBy(() ->
            Wait.until(
                "rollout",
                LONG,
                () -> {
                  Failure.unless(asked.incrementAndGet() > 1, "the network is blamed");
                  return "";
                }))
        .isInstanceOf(Failure.class)
        .hasMessage("the network is blamed");
  }
}
