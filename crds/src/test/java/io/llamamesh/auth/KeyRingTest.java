package io.llamamesh.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.auth.KeyRing.Entry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
  void theNewestWhoseTimeHasComeSignsAndTheOldIsTakenForADay() {
    KeyRing rotated = first().rotated(NOW, id -> "secret-" + id);

    assertThat(rotated.signing(NOW.plusSeconds(599))).extracting("id").isEqualTo(1);
    assertThat(rotated.signing(NOW.plusSeconds(600))).extracting("id").isEqualTo(2);
    assertThat(rotated.accepts("secret-2", NOW)).isTrue();
    assertThat(rotated.accepts("secret-1", NOW.plus(Duration.ofHours(24)).minusSeconds(1)))
        .isTrue();
    assertThat(rotated.accepts("secret-1", NOW.plus(Duration.ofHours(24)))).isFalse();
    assertThat(rotated.accepts("", NOW)).isFalse();
  }

  @Test
  void nothingSignsAfterItsEnd() {
    KeyRing expired = new KeyRing(List.of(new Entry(1, "a", NOW, NOW.plusSeconds(5))));

    assertThat(expired.signing(NOW)).isNotNull();
    assertThat(expired.signing(NOW.plusSeconds(5))).isNull();
  }

  @Test
  void aClockThatIsBehindUsesTheKeyWhoseTimeComesFirst() {
    KeyRing rotated = first().rotated(NOW, id -> "secret-" + id);

    assertThat(rotated.signing(NOW.minusSeconds(30))).extracting("id").isEqualTo(1);
  }

  @Test
  void itsDocumentReadsAsItWasWritten() {
    KeyRing ring = first().rotated(NOW, id -> "secret-" + id);

    assertThat(KeyRing.parse(ring.toJson())).isEqualTo(ring);
    assertThat(new String(first().toJson(), StandardCharsets.UTF_8))
        .isEqualTo("[{\"id\":1,\"key\":\"secret-1\",\"signFrom\":\"2026-11-20T10:00:00Z\"}]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "null secret",
        "[null]",
        "[\"secret\"]",
        "[{\"id\":1,\"key\":\"secret\"}]",
        "[{\"id\":1,\"signFrom\":\"2026-11-20T10:00:00Z\"}]",
        "[{\"id\":1,\"key\":\"x\",\"signFrom\":\"secret\"}]"
      })
  void whatIsNoRingIsRefusedWithoutBeingQuoted(String document) {
    assertThatThrownBy(() -> KeyRing.parse(document.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("key")
        .hasMessageNotContaining("secret");
  }

  @Test
  void aKeyNeverShowsInALog() {
    assertThat(first().toString()).doesNotContain("secret-1");
  }

  private static KeyRing first() {
    return KeyRing.first(NOW, id -> "secret-" + id);
  }
}
