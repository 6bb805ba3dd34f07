package io.llamamesh.agent.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.wire.PairKey;
import io.llamamesh.auth.KeyRing;
import io.llamamesh.keys.KeyDerivation;
import io.llamamesh.keys.KeyService;
import io.llamamesh.keys.NodeKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys of a node over its life: fetched, kept, used while whoever hands them out is away. */
final class NodeKeyringTest {
  @TempDir private Path auth;
  @TempDir private Path state;
  private Instant now = Instant.parse("2026-12-01T00:00:00Z");
  private int fetched;
  private @Nullable NodeKeys answer;

  @BeforeEach
  void write() throws IOException {
    Files.writeString(auth.resolve(KeyService.TOKEN_FILE), "a.b.c");
    service("uid", "1");
    answer = keys("uid", "n", "1", 1);
  }

  @Test
  void keysAreFetchedAtOnceAndThenEachTenMinutes() throws IOException {
    NodeKeyring ring = ring();
    assertThat(ring.postToken()).isEmpty();
    assertThat(ring.accepts("")).isFalse();

    ring.refresh();

    assertThat(ring.postToken()).isEqualTo(KeyDerivation.postToken(secret(1)));
    assertThat(ring.accepts(KeyDerivation.readToken(secret(1)))).isTrue();
    assertThat(ring.accepts(KeyDerivation.postToken(secret(1)))).isFalse();
    pass(ring, Duration.ofMinutes(9));
    assertThat(fetched).isEqualTo(1);
    pass(ring, Duration.ofMinutes(2));
    assertThat(fetched).isEqualTo(2);
    assertThat(Files.getPosixFilePermissions(state.resolve("node-keys.json")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(state.toFile().list()).containsExactly("node-keys.json");
  }

  @Test
  void withTheOperatorAwayARestartGoesOnWithTheLastKeys() {
    ring().refresh();
    answer = null;

    NodeKeyring restarted = ring();
    assertThat(restarted.postToken()).isEqualTo(KeyDerivation.postToken(secret(1)));
    pass(restarted, Duration.ofDays(3));

    assertThat(restarted.postToken()).isEqualTo(KeyDerivation.postToken(secret(1)));
    assertThat(restarted.problem()).contains("not fetched");
  }

  @Test
  void retriesComeLessAndLessOftenAndTheAnswerEndsThem() {
    answer = null;
    NodeKeyring ring = ring();

    pass(ring, Duration.ofMinutes(10));

    assertThat(fetched).isBetween(10, 30);
    answer = keys("uid", "n", "1", 1);
    pass(ring, Duration.ofMinutes(1).plusSeconds(1));
    assertThat(ring.problem()).isNull();
    assertThat(ring.postToken()).isNotEmpty();
  }

  @Test
  void otherKeysAreFetchedWithinAMinute() throws IOException {
    NodeKeyring ring = ring();
    ring.refresh();
    answer = keys("uid", "n", "2", 2);

    service("uid", "2");
    pass(ring, Duration.ofSeconds(45));

    assertThat(ring.postToken()).isEqualTo(KeyDerivation.postToken(secret(2)));
    assertThat(fetched).isEqualTo(2);
  }

  /** A mount may be behind what the operator hands out: that is no reason to ask on and on. */
  @Test
  void newerKeysThanTheMountKnowsOfAreFetchedOnce() throws IOException {
    answer = keys("uid", "n", "2", 2);
    NodeKeyring ring = ring();
    ring.refresh();

    pass(ring, Duration.ofMinutes(4));
    service("uid", "2");
    pass(ring, Duration.ofMinutes(4));

    assertThat(fetched).isEqualTo(1);
  }

  /** It may have been made anew meanwhile, with other keys, and nothing else says so. */
  @Test
  void aTargetThatReturnsHasItsKeysFetchedAnewWithinAMinute() {
    KeyRing.Entry pair =
        new KeyRing.Entry(
            1, Base64.getEncoder().encodeToString(new byte[PairKey.BYTES]), Instant.EPOCH, null);
    NodeKeys one = keys("uid", "n", "1", 1);
    answer = new NodeKeys("uid", "n", "1", one.keys(), new TreeMap<>(Map.of("x", List.of(pair))));
    NodeKeyring ring = ring();
    ring.apply(true, Set.of("x"));
    ring.refresh();
    pass(ring, Duration.ofMinutes(2));
    assertThat(fetched).isEqualTo(1);

    ring.apply(true, Set.of());
    pass(ring, Duration.ofMinutes(1));
    assertThat(fetched).as("who goes needs no keys").isEqualTo(1);
    ring.apply(true, Set.of("x"));
    pass(ring, Duration.ofSeconds(45));

    assertThat(fetched).isEqualTo(2);
  }

  @Test
  void keysOfAnotherNodeOrMeshAreNotTaken() {
    NodeKeyring ring = ring();
    answer = keys("uid", "other", "1", 2);
    ring.refresh();
    assertThat(ring.postToken()).isEmpty();
    answer = keys("other", "n", "1", 2);
    pass(ring, Duration.ofMinutes(2));

    assertThat(ring.postToken()).isEmpty();
    assertThat(ring.problem()).contains("another mesh or node");
  }

  @Test
  void whatIsKeptAndUnusableIsFetchedAnew() throws IOException {
    Files.writeString(state.resolve("node-keys.json"), "{\"mesh\":");

    NodeKeyring ring = ring();
    assertThat(ring.postToken()).isEmpty();
    ring.refresh();

    assertThat(ring.postToken()).isNotEmpty();
  }

  @Test
  void aStateFolderThatCannotBeWrittenCostsNoKeys() throws IOException {
    Files.createDirectories(state.resolve("node-keys.json.new/x"));

    NodeKeyring ring = ring();
    ring.refresh();

    assertThat(ring.postToken()).isNotEmpty();
    assertThat(ring.problem()).isNull();
  }

  @Test
  void keysOfAMeshThatWasAppliedAnewReplaceThoseOfTheOneBefore() throws IOException {
    ring().refresh();
    answer = keys("uid-2", "n", "1", 2);
    service("uid-2", "1");

    NodeKeyring ring = ring();
    ring.refresh();

    assertThat(ring.postToken()).isEqualTo(KeyDerivation.postToken(secret(2)));
  }

  @Test
  void withoutAPodsTokenThereAreNone() throws IOException {
    Files.delete(auth.resolve(KeyService.TOKEN_FILE));

    assertThat(NodeKeyring.open(auth, state, "n")).isNull();
  }

  private NodeKeyring ring() {
    return new NodeKeyring(
        auth,
        state,
        "n",
        (service, folder) -> {
          fetched++;
          if (answer == null) {
            throw new IOException("nobody answers");
          }
          return answer.toJson();
        },
        () -> now,
        new Random(7));
  }

  /** Looks every second, as the thread does at most. */
  private void pass(NodeKeyring ring, Duration time) {
    Instant end = now.plus(time);
    while (now.isBefore(end)) {
      now = now.plusSeconds(1);
      ring.refresh();
    }
  }

  private void service(String mesh, String revision) throws IOException {
    Files.writeString(
        auth.resolve(KeyService.FILE),
        new KeyService("https://127.0.0.1:1", "PEM", mesh, revision).toJson());
  }

  private static NodeKeys keys(String mesh, String node, String revision, int seed) {
    return new NodeKeys(
        mesh,
        node,
        revision,
        List.of(
            new KeyRing.Entry(
                seed, Base64.getEncoder().encodeToString(secret(seed)), Instant.EPOCH, null)),
        new TreeMap<>());
  }

  private static byte[] secret(int seed) {
    byte[] bytes = new byte[32];
    bytes[0] = (byte) seed;
    return bytes;
  }
}
