package io.llamamesh.local.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.llamamesh.local.cluster.Volumes.MissingSecretException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumesTest {
  @TempDir private Path folder;
  private final Map<String, Secret> secrets = new HashMap<>();
  private final Volumes volumes = new Volumes((namespace, name) -> secrets.get(name));

  private static Secret secret(Map<String, String> entries) {
    return new SecretBuilder()
        .withData(
            entries.entrySet().stream()
                .collect(
                    Collectors.toMap(
                        Map.Entry::getKey,
                        entry ->
                            Base64.getEncoder()
                                .encodeToString(
                                    entry.getValue().getBytes(StandardCharsets.UTF_8)))))
        .build();
  }

  /** A pod with keys of one Secret, and with programs of another that may be missing. */
  private static Pod pod() {
    return new PodBuilder()
        .withNewMetadata()
        .withName("agent")
        .withNamespace("net")
        .endMetadata()
        .withNewSpec()
        .addNewVolume()
        .withName("auth")
        .withNewProjected()
        .addNewSource()
        .withNewSecret()
        .withName("keys")
        .addNewItem("keys.json", null, "keys.json")
        .endSecret()
        .endSource()
        .addNewSource()
        .withNewServiceAccountToken("audience", 600L, "token")
        .endSource()
        .addNewSource()
        .withNewSecret()
        .withName("programs")
        .withOptional(true)
        .addNewItem("programs.json", null, "programs.json")
        .endSecret()
        .endSource()
        .endProjected()
        .endVolume()
        .addNewContainer()
        .addNewVolumeMount()
        .withName("auth")
        .withMountPath("/etc/auth")
        .endVolumeMount()
        .endContainer()
        .endSpec()
        .build();
  }

  private Map<String, String> files(Path at) throws IOException {
    Map<String, String> found = new HashMap<>();
    try (var files = Files.list(at)) {
      for (Path file : files.toList()) {
        found.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    return found;
  }

  @Test
  void whatIsProjectedIsTheNamedEntriesAndFollowsTheSecrets() throws Exception {
    secrets.put("keys", secret(Map.of("keys.json", "k", "other", "o")));

    Path at = Path.of(Objects.requireNonNull(volumes.make(pod(), folder).get("/etc/auth")));

    assertThat(files(at)).isEqualTo(Map.of("keys.json", "k"));
    secrets.put("programs", secret(Map.of("programs.json", "p", "token", "t")));
    volumes.refresh(pod(), folder);
    assertThat(files(at)).isEqualTo(Map.of("keys.json", "k", "programs.json", "p"));
    secrets.put("programs", secret(Map.of("programs.json", "q")));
    volumes.refresh(pod(), folder);
    assertThat(files(at)).isEqualTo(Map.of("keys.json", "k", "programs.json", "q"));

    secrets.clear();
    volumes.refresh(pod(), folder);

    // What must be there stays as it was.
    assertThat(files(at)).containsEntry("keys.json", "k");
    secrets.put("keys", secret(Map.of("keys.json", "k")));
    volumes.refresh(pod(), folder);
    assertThat(files(at)).isEqualTo(Map.of("keys.json", "k"));
  }

  @Test
  void aPodWaitsForASecretThatIsNotOptional() {
    secrets.put("programs", secret(Map.of("programs.json", "p")));

    assertThatThrownBy(() -> volumes.make(pod(), folder))
        .isInstanceOf(MissingSecretException.class)
        .hasMessageContaining("keys");
  }
}
