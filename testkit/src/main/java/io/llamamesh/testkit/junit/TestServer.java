package io.llamamesh.testkit.junit;

import io.fabric8.kubernetes.client.Config;
import io.llamamesh.testkit.AuditLog;
import io.llamamesh.testkit.Binaries;
import io.llamamesh.testkit.ControlPlane;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The API server of all tests of a JVM: somebody's cluster, a control plane of our own, or none.
 *
 * @param given the connection to somebody's cluster
 * @param plane our own
 * @param missing why there is none; empty where there is one
 */
record TestServer(@Nullable Config given, @Nullable ControlPlane plane, String missing)
    implements AutoCloseable {
  private static final String GIVEN = "LLAMA_MESH_TEST_KUBECONFIG";
  private static final String CI = "CI";

  /**
   * Finds or starts it.
   *
   * @throws IllegalStateException where there is none and {@code CI} is set
   */
  static TestServer start(Map<String, String> environment) {
    String kubeconfig = environment.getOrDefault(GIVEN, "");
    try {
      if (!kubeconfig.isBlank()) {
        return new TestServer(
            Config.fromKubeconfig(Files.readString(Path.of(kubeconfig))), null, "");
      }
      Binaries binaries = Binaries.find(environment);
      if (binaries.folder() == null) {
        return none(binaries.missing(), environment);
      }
      Path folder = Files.createDirectories(Path.of("target", "control-plane"));
      Path own = Files.createTempDirectory(folder.toAbsolutePath(), "run-");
      return new TestServer(
          null, ControlPlane.start(ControlPlane.Settings.loopback(binaries.folder(), own)), "");
    } catch (IOException e) {
      throw new UncheckedIOException("no test control plane: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the test control plane started", e);
    }
  }

  /**
   * None, for which tests are skipped.
   *
   * @throws IllegalStateException where {@code CI} is set
   */
  static TestServer none(String missing, Map<String, String> environment) {
    if (!environment.getOrDefault(CI, "").isBlank()) {
      throw new IllegalStateException(
          CI + " is set, so that nothing may be skipped, but " + missing);
    }
    return new TestServer(null, null, missing);
  }

  /** The connection of somebody who may do everything. */
  Config config() {
    return given != null ? given : Objects.requireNonNull(plane, missing).config();
  }

  Optional<AuditLog> audit() {
    return Optional.ofNullable(plane).map(ControlPlane::audit);
  }

  @Override
  public void close() {
    if (plane != null) {
      plane.close();
    }
  }
}
