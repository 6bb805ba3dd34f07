package io.llamamesh.operator.resources;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Secret;
import io.llamamesh.auth.KeyRing;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class AuthSecretTest {
  private static final Owner OWNER = new Owner("llama-mesh", "default", "uid");
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

  @Test
  void thePlainTokenFollowsARotationOnceEveryAgentTakesTheNewOne() {
    SecureRandom random = new SecureRandom();
    Secret first = AuthSecret.first(OWNER, null, NOW, random);
    assertThat(plain(first)).isEqualTo(token(first, 0));
    assertThat(AuthSecret.refreshed(first, OWNER, NOW)).isNull();

    Secret rotated = AuthSecret.rotated(first, OWNER, "1", NOW, random);
    Secret later =
        Objects.requireNonNull(
            AuthSecret.refreshed(rotated, OWNER, NOW.plus(Duration.ofMinutes(10))));

    assertThat(plain(rotated)).isEqualTo(token(first, 0));
    assertThat(AuthSecret.refreshed(rotated, OWNER, NOW.plus(Duration.ofMinutes(9)))).isNull();
    assertThat(plain(later)).isEqualTo(token(rotated, 1));
    assertThat(AuthSecret.isRotationDue(later, "1")).isFalse();
  }

  private static String token(Secret secret, int at) {
    return AuthSecret.ring(secret, KeyRing.TOKENS_FILE).entries().get(at).key();
  }

  private static String plain(Secret secret) {
    return new String(
        Base64.getDecoder().decode(secret.getData().get(AuthSecret.METRICS_TOKEN)),
        StandardCharsets.UTF_8);
  }
}
