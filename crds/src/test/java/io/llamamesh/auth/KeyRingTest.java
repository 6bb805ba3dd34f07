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
  void aNumberThatIsStillInUseIsNotGivenAgain() {
    KeyRing ring =
        new KeyRing(
            List.of(
                new Entry(1, "a", NOW, null),
                new Entry(2, "b", NOW, null),
                new Entry(255, "c", NOW, null)));

    assertThat(ring.rotated(NOW, id -> "x").entries().getLast().id()).isEqualTo(3);
  }

  @Test
  void whatTakesALostRingsPlaceStillTakesItForHalfAnHourAndHasANewKeyForLater() {
    KeyRing replaced = first().replaced(NOW, id -> "secret-" + id);

    assertThat(replaced.entries())
        .containsExactly(
            new Entry(1, "secret-1", NOW, NOW.plus(Duration.ofMinutes(30))),
            new Entry(2, "secret-2", NOW.plus(Duration.ofMinutes(10)), null));
  }

  @Test
  void aRingFromABackupTakesWhatCameAfterItAndSignsInTenMinutes() {
    KeyRing backup = first();
    KeyRing lost = backup.rotated(NOW, id -> "secret-" + id);
    Instant later = NOW.plus(Duration.ofHours(1));

    KeyRing whole = backup.inPlaceOf(lost, later);

    assertThat(whole.accepts("secret-2", later.plusSeconds(1799))).isTrue();
    assertThat(whole.accepts("secret-2", later.plusSeconds(1800))).isFalse();
    assertThat(whole.signing(later)).extracting("id").isEqualTo(2);
    assertThat(whole.signing(later.plusSeconds(600))).extracting("id").isEqualTo(1);
    assertThat(whole.inPlaceOf(whole, later.plusSeconds(60))).isEqualTo(whole);
  }

  @Test
  void aRingOfAnotherClusterTakesOursForAWhileThoughItsNumbersAreTheSame() {
    KeyRing theirs = KeyRing.first(1, NOW.minusSeconds(60), id -> "theirs");

    KeyRing whole = theirs.inPlaceOf(first(), NOW);

    assertThat(whole.signing(NOW)).extracting("key").isEqualTo("secret-1");
    assertThat(whole.accepts("theirs", NOW)).isTrue();
    assertThat(whole.signing(NOW.plusSeconds(600))).extracting("key").isEqualTo("theirs");
  }

  @Test
  void aKeyThatNeverSignedDoesNotBeginToWhenItWasTakenOut() {
    KeyRing rotating = first().rotated(NOW, id -> "secret-" + id);

    KeyRing whole = first().inPlaceOf(rotating, NOW.plusSeconds(300));

    for (int second = 300; second < 7200; second += 10) {
      assertThat(whole.signing(NOW.plusSeconds(second))).extracting("id").isEqualTo(1);
    }
    assertThat(whole.accepts("secret-2", NOW.plusSeconds(2000))).isTrue();
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
    return KeyRing.first(1, NOW, id -> "secret-" + id);
  }
}
