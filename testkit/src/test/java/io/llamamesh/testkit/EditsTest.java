package io.llamamesh.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EditsTest {
  private final AtomicInteger attempts = new AtomicInteger();

  @Test
  void anEditThatMeetsConflictsIsMadeAnewUntilItHolds() {
    Edits.retryOnConflict(() -> {
      if (attempts.incrementAndGet() < 3) {
        throw new KubernetesClientException("changed meanwhile", 409, null);
      }
    });

    assertThat(attempts).hasValue(3);
  }

  @Test
  void whatIsNoConflictIsTheCallers() {
    assertThatThrownBy(() ->
            Edits.retryOnConflict(() -> {
              attempts.incrementAndGet();
              throw new KubernetesClientException("invalid", 422, null);
            }))
        .hasMessage("invalid");

    assertThat(attempts).hasValue(1);
  }
}
