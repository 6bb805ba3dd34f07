package io.llamamesh.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.auth.KeyRing.Entry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FollowedRingTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  private static final Duration MOUNTS = Duration.ofMinutes(2);

  private final FollowedRing followed = new FollowedRing(fresh(1, "old", NOW), NOW);
  private int made;

  @Test
  void theFirstDocumentIsUsedAsItIs() {
    assertThat(signer(followed, NOW)).isEqualTo("old");
    assertThat(followed.accepts("new", NOW)).isFalse();
  }

  @Test
  void whatIsGoneIsTakenForHalfAnHourAndSignedWithForTenMinutes() {
    followed.follow(fresh(9, "new", NOW), NOW);

    assertThat(signer(followed, NOW)).isEqualTo("old");
    assertThat(followed.accepts("new", NOW)).isTrue();
    assertThat(signer(followed, NOW.plusSeconds(599))).isEqualTo("old");
    assertThat(signer(followed, NOW.plusSeconds(600))).isEqualTo("new");
    assertThat(followed.accepts("old", NOW.plusSeconds(1799))).isTrue();
    assertThat(followed.accepts("old", NOW.plusSeconds(1800))).isFalse();
  }

  @Test
  void aNumberThatComesAgainWithAnotherKeyIsAnotherEntry() {
    followed.follow(fresh(1, "new", NOW), NOW);

    assertThat(followed.accepted(NOW)).extracting(Entry::key).containsExactly("new", "old");
    assertThat(signer(followed, NOW)).isEqualTo("old");
  }

  @Test
  void oneThatWouldHaveExpiredDoesNotLiveLongerForHavingGone() {
    KeyRing rotated = fresh(1, "old", NOW).rotated(NOW, id -> "next");
    FollowedRing reader = new FollowedRing(rotated, NOW);
    Instant end = NOW.plus(Duration.ofHours(24));
    reader.follow(fresh(3, "new", NOW), end.minusSeconds(60));

    assertThat(reader.accepts("old", end.minusSeconds(1))).isTrue();
    assertThat(reader.accepts("old", end)).isFalse();
  }

  @Test
  void oneThatComesBackIsAsItWas() {
    KeyRing old = fresh(1, "old", NOW);
    followed.follow(fresh(2, "new", NOW), NOW);
    followed.follow(old, NOW.plusSeconds(60));

    assertThat(signer(followed, NOW.plusSeconds(60))).isEqualTo("old");
    assertThat(signer(followed, NOW.plusSeconds(6000))).isEqualTo("old");
    assertThat(followed.accepts("new", NOW.plusSeconds(60 + 1799))).isTrue();
    followed.follow(old, NOW.plusSeconds(60 + 1800));
    assertThat(followed.accepts("new", NOW.plusSeconds(60 + 1800))).isFalse();
  }

  @Test
  void whereNothingOldMaySignTheNewOneDoesAtOnce() {
    KeyRing brief = new KeyRing(List.of(new Entry(1, "old", NOW, NOW.plusSeconds(60))));
    FollowedRing reader = new FollowedRing(brief, NOW);
    reader.follow(fresh(2, "new", NOW), NOW.plusSeconds(30));

    assertThat(signer(reader, NOW.plusSeconds(59))).isEqualTo("old");
    assertThat(signer(reader, NOW.plusSeconds(60))).isEqualTo("new");
  }

  /** Lost, restored, rotated, in any order: as others see it up to two minutes later. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whateverIsDoneToTheDocumentTwoReadersTakeWhatTheOtherSignsWith(long seed) {
    Random random = new Random(seed);
    for (int run = 0; run < 200; run++) {
      NavigableMap<Integer, KeyRing> documents = history(random);
      KeyRing first = documents.firstEntry().getValue();
      TreeMap<Integer, KeyRing> late = new TreeMap<>();
      TreeMap<Integer, KeyRing> early = new TreeMap<>();
      documents.forEach((at, ring) -> {
        early.put(at + random.nextInt((int) MOUNTS.toSeconds()), ring);
        late.put(at + random.nextInt((int) MOUNTS.toSeconds()), ring);
      });
      FollowedRing one = new FollowedRing(first, NOW);
      FollowedRing other = new FollowedRing(first, NOW);

      for (int at = 0; at < 3 * 3600; at += 10) {
        Instant now = NOW.plusSeconds(at);
        follow(one, early, at);
        follow(other, late, at);
        assertThat(other.accepts(signer(one, now), now)).as("%s at %s", documents, now).isTrue();
        assertThat(one.accepts(signer(other, now), now)).as("%s at %s", documents, now).isTrue();
      }
      assertThat(signer(one, NOW.plusSeconds(3 * 3600)))
          .isEqualTo(signer(other, NOW.plusSeconds(3 * 3600)));
    }
  }

  /** Up to four changes within three quarters of an hour. */
  private NavigableMap<Integer, KeyRing> history(Random random) {
    TreeMap<Integer, KeyRing> documents = new TreeMap<>();
    List<KeyRing> backups = new ArrayList<>();
    KeyRing present = fresh(1, "first", NOW.minusSeconds(3600));
    documents.put(-600, present);
    int at = 0;
    for (int i = random.nextInt(5); i > 0; i--) {
      backups.add(present);
      at += 130 + random.nextInt(600);
      Instant now = NOW.plusSeconds(at);
      present =
          switch (random.nextInt(4)) {
            case 0 -> fresh(1 + random.nextInt(3), "fresh-" + made++, now);
            case 1 -> present.rotated(now, id -> "rotated-" + made++);
            case 2 -> present.replaced(now, id -> "replaced-" + made++);
            default -> backups.get(random.nextInt(backups.size()));
          };
      documents.put(at, present);
    }
    return documents;
  }

  private static void follow(
      FollowedRing reader, NavigableMap<Integer, KeyRing> documents, int at) {
    var entry = documents.floorEntry(at);
    if (entry != null) {
      reader.follow(entry.getValue(), NOW.plusSeconds(at));
    }
  }

  private static String signer(FollowedRing reader, Instant now) {
    return Objects.requireNonNull(reader.signing(now)).key();
  }

  private static KeyRing fresh(int id, String key, Instant now) {
    return KeyRing.first(id, now, number -> key);
  }
}
