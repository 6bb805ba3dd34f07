package io.llamamesh.operator.resources;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.operator.resources.KeyRing.Entry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class KeyRingTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

  @Test
  void theFirstKeyIsUsedAtOnceAndForGood() {
    assertThat(first().entries()).containsExactly(new Entry(1, "secret-1", NOW, null));
  }

  @Test
  void aRotationAddsAKeyForLaterAndLetsTheOldOneExpire() {
    KeyRing rotated = first().rotated(NOW, id -> "secret-" + id);

    assertThat(rotated.entries())
        .containsExactly(
            new Entry(1, "secret-1", NOW, NOW.plus(Duration.ofHours(24))),
            new Entry(2, "secret-2", NOW.plus(Duration.ofMinutes(10)), null));
  }

  @Test
  void anExpiredKeyGoesWithTheNextRotation() {
    Instant later = NOW.plus(Duration.ofHours(25));

    KeyRing rotated =
        first().rotated(NOW, id -> "secret-" + id).rotated(later, id -> "secret-" + id);

    assertThat(rotated.entries()).extracting(Entry::id).containsExactly(2, 3);
  }

  @Test
  void idsStartOverWhereTheWiresByteEnds() {
    KeyRing full = new KeyRing(List.of(new Entry(255, "secret", NOW, null)));

    assertThat(full.rotated(NOW, id -> "x").entries().getLast().id()).isEqualTo(1);
  }

  @Test
  void aKeyNeverShowsInALog() {
    assertThat(first().toString()).doesNotContain("secret-1");
  }

  private static KeyRing first() {
    return KeyRing.first(NOW, id -> "secret-" + id);
  }
}
