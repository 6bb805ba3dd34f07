package io.llamamesh.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.MeshSettings;
import io.llamamesh.operator.resources.Owner;
import io.llamamesh.operator.status.ProgramsView;
import io.llamamesh.operator.status.ProgramsView.Unread;
import io.llamamesh.operator.status.ProgramsView.Unusable;
import io.llamamesh.operator.status.ProgramsView.Usable;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ProgramsSecretReaderTest {
  private static final Owner OWNER = new Owner("net", "m", "3f0e2c1a-0000-4000-8000-000000000001");
  private static final String GOOD =
      "[{\"name\": \"vip\", \"sha256\": \"%064x\", \"write\": [\"node/*/vip\"]}]".formatted(7);

  private final ProgramsSecretReader reader = new ProgramsSecretReader();
  private final List<String> asked = new ArrayList<>();
  private @Nullable Secret secret;
  private @Nullable KubernetesClientException refusal;
  private Instant now = Instant.parse("2026-12-01T00:00:00Z");

  private static MeshSettings settings(String fabric) {
    return MeshSettings.of(Serialization.unmarshal("fabric: " + fabric, LlamaMeshSpec.class));
  }

  private @Nullable ProgramsView read(String fabric) {
    return reader.read(OWNER, settings(fabric), this::find, now);
  }

  private @Nullable ProgramsView read() {
    return read("{enabled: true, programsSecret: programs}");
  }

  private @Nullable Secret find(String name) {
    asked.add(name);
    if (refusal != null) {
      throw refusal;
    }
    return secret;
  }

  private static Secret secret(String entry, String value) {
    return new SecretBuilder()
        .withData(
            Map.of(
                entry, Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8))))
        .build();
  }

  private void unusable(String reason, String... said) {
    assertThat(read())
        .isInstanceOfSatisfying(
            Unusable.class,
            view -> {
              assertThat(view.problem().reason()).isEqualTo(reason);
              assertThat(view.problem().message()).contains(said).contains("measure as ever");
            });
  }

  @Test
  void aMeshThatNamesNoneHasNothingAskedFor() {
    assertThat(read("{enabled: true}")).isNull();
    assertThat(reader.read(OWNER, null, this::find, now)).isNull();
    assertThat(asked).isEmpty();
  }

  @Test
  void whatIsMissingOrWrongIsNamedWithItsRemedyUntilItIsMended() {
    unusable("SecretNotFound", "there is no Secret programs in namespace net", "create it");
    now = now.plusSeconds(5);
    secret = secret("program.json", GOOD);
    unusable("SecretKeyNotFound", "Secret programs has no entry programs.json", "add the entry");
    now = now.plusSeconds(5);
    secret = new SecretBuilder().build();
    unusable("SecretKeyNotFound", "Secret programs has no entry programs.json");
    now = now.plusSeconds(5);
    secret = secret("programs.json", GOOD.replace("vip\"", "v*p\""));
    unusable("InvalidPrograms", "Secret programs, entry programs.json,", "node/*/v*p", "mend");
    now = now.plusSeconds(5);
    secret = secret("programs.json", GOOD);

    assertThat(read()).isEqualTo(new Usable(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"deadbeefdeadbeef", "\"deadbeef", "{\"token\": \"deadbeef\"}", ""})
  void aTokenThatWasPutInThePlaceOfTheListIsNotShown(String document) {
    secret = secret("programs.json", document);

    unusable("InvalidPrograms", "must be a JSON list");

    assertThat(String.valueOf(read())).doesNotContain("deadbeef");
  }

  @Test
  void itIsReadOnceAMinuteWhileItIsWellAndWithEachReconciliationWhileNot() {
    secret = secret("programs.json", GOOD);
    for (int second = 0; second < 120; second += 5) {
      var _ = read();
      now = now.plusSeconds(5);
    }
    assertThat(asked).hasSize(2);
    asked.clear();
    secret = null;
    for (int second = 0; second < 60; second += 5) {
      var _ = read();
      now = now.plusSeconds(5);
    }
    assertThat(asked).hasSize(12);
    asked.clear();
    for (int i = 0; i < 100; i++) {
      var _ = read();
      now = now.plusMillis(10);
    }
    assertThat(asked).hasSizeLessThanOrEqualTo(1);
  }

  @Test
  void anotherNameIsAnotherSecretAtOnce() {
    secret = secret("programs.json", GOOD);
    var _ = read();

    var _ = read("{enabled: true, programsSecret: others}");

    assertThat(asked).containsExactly("programs", "others");
  }

  @Test
  void anApiThatDoesNotAnswerIsNoSecretThatIsMissing() {
    refusal = new KubernetesClientException("the server is away");

    assertThat(read())
        .isInstanceOfSatisfying(
            Unread.class, view -> assertThat(view.message()).contains("the server is away"));
  }
}
