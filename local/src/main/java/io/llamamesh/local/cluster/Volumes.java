package io.llamamesh.local.cluster;

import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ProjectedVolumeSource;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretProjection;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeProjection;
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
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes folders that stand for a pod's volumes. */
final class Volumes {
  private static final Logger LOG = LoggerFactory.getLogger(Volumes.class);
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  /** Finds a Secret by namespace and name; null where there is none. */
  private final BiFunction<String, String, @Nullable Secret> secrets;

  Volumes(KubernetesClient client) {
    this((namespace, name) -> client.secrets().inNamespace(namespace).withName(name).get());
  }

  Volumes(BiFunction<String, String, @Nullable Secret> secrets) {
    this.secrets = secrets;
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
      } else if (volume.getProjected() != null) {
        project(pod, volume.getProjected(), at);
      } else if (volume.getEmptyDir() == null) {
        throw new IllegalArgumentException(
            "volume " + volume.getName() + ": only emptyDir, secret and projected ones are here");
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
   * gone leaves its files, but for an optional one that is projected.
   */
  void refresh(Pod pod, Path folder) throws IOException {
    for (Volume volume : pod.getSpec().getVolumes()) {
      Path at = folder.resolve("volumes").resolve(volume.getName());
      try {
        if (volume.getSecret() != null) {
          secret(pod, volume, at);
        } else if (volume.getProjected() != null) {
          project(pod, volume.getProjected(), at);
        }
      } catch (MissingSecretException e) {
        LOG.debug("a mounted secret is gone pod={}", pod.getMetadata().getName());
      }
    }
  }

  /**
   * Entries of Secrets, those that are named. What else may be projected is a ServiceAccount's
   * token, which pods here have in a kubeconfig.
   */
  private void project(Pod pod, ProjectedVolumeSource volume, Path at)
      throws IOException, MissingSecretException {
    for (VolumeProjection source : volume.getSources()) {
      SecretProjection named = source.getSecret();
      if (named == null) {
        continue;
      }
      Secret secret = find(pod, named.getName());
      boolean isOptional = Boolean.TRUE.equals(named.getOptional());
      if (secret == null && !isOptional) {
        throw new MissingSecretException(named.getName());
      }
      for (KeyToPath item : named.getItems()) {
        Path file = at.resolve(item.getPath());
        String value = secret == null ? null : secret.getData().get(item.getKey());
        if (value != null) {
          write(file, Base64.getDecoder().decode(value));
        } else if (isOptional) {
          Files.deleteIfExists(file);
        } else {
          throw new MissingSecretException(named.getName());
        }
      }
    }
  }

  private @Nullable Secret find(Pod pod, String name) {
    return secrets.apply(pod.getMetadata().getNamespace(), name);
  }

  private void secret(Pod pod, Volume volume, Path at) throws IOException, MissingSecretException {
    String name = volume.getSecret().getSecretName();
    Secret secret = find(pod, name);
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
