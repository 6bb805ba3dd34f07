package io.llamamesh.local.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes folders that stand for a pod's volumes. */
final class Volumes {
  private static final Logger LOG = LoggerFactory.getLogger(Volumes.class);
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private final KubernetesClient client;

  Volumes(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Makes the volumes of a pod below its folder.
   *
   * @return folders by mount path, longest path first
   * @throws MissingSecretException where a Secret is not there (yet)
   */
  Map<String, String> make(Pod pod, Path folder) throws IOException, MissingSecretException {
    Map<String, Path> byName = new HashMap<>();
    for (Volume volume : pod.getSpec().getVolumes()) {
      Path at = Files.createDirectories(folder.resolve("volumes").resolve(volume.getName()));
      if (volume.getSecret() != null) {
        secret(pod, volume, at);
      } else if (volume.getEmptyDir() == null && volume.getProjected() == null) {
        // What is projected is the ServiceAccount's token, which pods here have in a kubeconfig.
        throw new IllegalArgumentException(
            "volume " + volume.getName() + ": only emptyDir and secret volumes are here");
      }
      byName.put(volume.getName(), at);
    }
    Map<String, String> mounts =
        new TreeMap<>(
            java.util.Comparator.comparingInt(String::length)
                .reversed()
                .thenComparing(java.util.Comparator.naturalOrder()));
    for (VolumeMount mount : pod.getSpec().getContainers().getFirst().getVolumeMounts()) {
      Path at = byName.get(mount.getName());
      if (at == null) {
        throw new IllegalArgumentException("volumeMount " + mount.getName() + " has no volume");
      }
      mounts.put(mount.getMountPath(), at.toString());
    }
    return mounts;
  }

  /**
   * Brings a running pod's volumes up to date with their Secrets, as a kubelet does; one that is
   * gone leaves its files.
   */
  void refresh(Pod pod, Path folder) throws IOException {
    for (Volume volume : pod.getSpec().getVolumes()) {
      if (volume.getSecret() != null) {
        try {
          secret(pod, volume, folder.resolve("volumes").resolve(volume.getName()));
        } catch (MissingSecretException e) {
          LOG.debug("a mounted secret is gone pod={}", pod.getMetadata().getName());
        }
      }
    }
  }

  private void secret(Pod pod, Volume volume, Path at) throws IOException, MissingSecretException {
    String name = volume.getSecret().getSecretName();
    @Nullable Secret secret =
        client.secrets().inNamespace(pod.getMetadata().getNamespace()).withName(name).get();
    if (secret == null) {
      if (Boolean.TRUE.equals(volume.getSecret().getOptional())) {
        return;
      }
      throw new MissingSecretException(name);
    }
    for (var entry : secret.getData().entrySet()) {
      write(at.resolve(entry.getKey()), Base64.getDecoder().decode(entry.getValue()));
    }
  }

  /** Whole or not at all, and only where it differs: programs go by the time of the last change. */
  private static void write(Path file, byte[] content) throws IOException {
    if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), content)) {
      return;
    }
    Path fresh = file.resolveSibling("." + file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    Files.createFile(fresh, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    Files.write(fresh, content);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** A pod waits for its Secret, as on a real cluster. */
  static final class MissingSecretException extends Exception {
    private static final long serialVersionUID = 1L;

    MissingSecretException(String name) {
      super("secret \"" + name + "\" not found");
    }
  }
}
