package io.llamamesh.operator.resources;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.ProjectedVolumeSource;
import io.fabric8.kubernetes.api.model.SecretProjectionBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llamamesh.crd.LlamaMeshSpec;
import io.llamamesh.crd.MeshSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whole objects against whole files: {@code golden/NAME.spec.yaml} gives {@code golden/NAME.yaml}.
 */
final class MeshObjectsTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final Path ACTUAL = Path.of("target/golden");
  private static final Owner OWNER =
      new Owner("llama-mesh", "default", "3f0e2c1a-0000-4000-8000-000000000001");
  private static final Images IMAGES =
      new Images("llama-mesh-agent:1.0.0", "llama-mesh-scraper:1.0.0", "llama-mesh-registry:1.0.0");
  private static final PodSettings SETTINGS = new PodSettings(IMAGES, PodUser.FIXED);

  @ParameterizedTest
  @ValueSource(strings = {"empty", "store-v2", "store-v1", "everything", "open", "registration"})
  void aSpecGivesTheseObjects(String name) throws IOException {
    LlamaMeshSpec spec =
        Serialization.unmarshal(
            Files.readString(GOLDEN.resolve(name + ".spec.yaml")), LlamaMeshSpec.class);

    List<HasMetadata> objects = MeshObjects.of(OWNER, MeshSettings.of(spec), SETTINGS);

    String actual = objects.stream().map(Serialization::asYaml).collect(Collectors.joining());
    // Left for whoever changes the objects on purpose: compare, then copy it over.
    Files.createDirectories(ACTUAL);
    Files.writeString(ACTUAL.resolve(name + ".yaml"), actual);
    assertThat(GOLDEN.resolve(name + ".yaml")).hasContent(actual);
  }

  @Test
  void whereThePlatformGivesUsersNoPodNamesOneAndKeysAreReadableForEach() {
    List<PodSpec> pods =
        MeshObjects.of(OWNER, MeshSettings.defaults(), new PodSettings(IMAGES, PodUser.PLATFORM))
            .stream()
            .map(MeshObjectsTest::pod)
            .flatMap(Optional::stream)
            .toList();

    assertThat(pods).hasSize(2);
    for (PodSpec pod : pods) {
      // Confined as ever, with ids left out.
      assertThat(pod.getSecurityContext())
          .isEqualTo(
              new PodSecurityContextBuilder()
                  .withRunAsNonRoot(true)
                  .withNewSeccompProfile()
                  .withType("RuntimeDefault")
                  .endSeccompProfile()
                  .build());
      assertThat(pod.getVolumes())
          .filteredOn(volume -> volume.getSecret() != null)
          .singleElement()
          .satisfies(keys -> assertThat(keys.getSecret().getDefaultMode()).isEqualTo(0444));
    }
  }

  @ParameterizedTest
  @CsvSource({"Mesh, auth-with-programs", "Node, keys"})
  void programsAreOneOptionalEntryBesideTheKeysOfAgentsAndOfNobodyElse(String keys, String name) {
    MeshSettings settings =
        MeshSettings.of(
            Serialization.unmarshal(
                """
                fabric: {enabled: true, programsSecret: net-programs}
                security: {keys: %s}
                """
                    .formatted(keys),
                LlamaMeshSpec.class));

    List<HasMetadata> objects = MeshObjects.of(OWNER, settings, SETTINGS);

    PodSpec agent = pod(objects, DaemonSet.class);
    ProjectedVolumeSource auth =
        agent.getVolumes().stream()
            .filter(volume -> volume.getName().equals(name))
            .map(Volume::getProjected)
            .findFirst()
            .orElseThrow();
    assertThat(auth.getDefaultMode()).isEqualTo(0440);
    assertThat(auth.getSources())
        .filteredOn(source -> source.getSecret() != null)
        .extracting(VolumeProjection::getSecret)
        .containsExactly(
            new SecretProjectionBuilder()
                .withName("default-auth")
                .addNewItem("keys.json", null, "keys.json")
                .addNewItem("tokens.json", null, "tokens.json")
                .build(),
            new SecretProjectionBuilder()
                .withName("net-programs")
                .withOptional(true)
                .addNewItem("programs.json", null, "programs.json")
                .build());
    assertThat(agent.getContainers().getFirst().getVolumeMounts())
        .filteredOn(mount -> mount.getName().equals(name))
        .singleElement()
        .returns("/etc/llama-mesh/auth", VolumeMount::getMountPath)
        // A mount by subPath would never change.
        .returns(null, VolumeMount::getSubPath)
        .returns(true, VolumeMount::getReadOnly);
    assertThat(agent.getContainers().getFirst().getArgs())
        .contains("--auth-dir=/etc/llama-mesh/auth");
    assertThat(Serialization.asYaml(pod(objects, Deployment.class)))
        .doesNotContain("net-programs", "programs.json");
  }

  @Test
  void whereThePlatformGivesUsersTheCredentialsOfProgramsAreReadableForEachToo() {
    MeshSettings settings =
        MeshSettings.of(
            Serialization.unmarshal(
                "fabric: {enabled: true, programsSecret: net-programs}", LlamaMeshSpec.class));

    PodSpec agent =
        pod(
            MeshObjects.of(OWNER, settings, new PodSettings(IMAGES, PodUser.PLATFORM)),
            DaemonSet.class);

    assertThat(agent.getVolumes())
        .filteredOn(volume -> volume.getProjected() != null)
        .singleElement()
        .satisfies(auth -> assertThat(auth.getProjected().getDefaultMode()).isEqualTo(0444));
  }

  private static PodSpec pod(List<HasMetadata> objects, Class<? extends HasMetadata> kind) {
    return objects.stream()
        .filter(kind::isInstance)
        .map(MeshObjectsTest::pod)
        .flatMap(Optional::stream)
        .findFirst()
        .orElseThrow();
  }

  private static Optional<PodSpec> pod(HasMetadata object) {
    return switch (object) {
      case DaemonSet agents -> Optional.of(agents.getSpec().getTemplate().getSpec());
      case Deployment scrapers -> Optional.of(scrapers.getSpec().getTemplate().getSpec());
      default -> Optional.empty();
    };
  }
}
