package io.llamamesh.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The folder with the programs of a control plane. In this order: {@code KUBEBUILDER_ASSETS} (the
 * ecosystem's word), the user's cache, a build with the Go on the PATH into that cache.
 *
 * @param folder holds {@code etcd}, {@code kube-apiserver}, {@code kube-controller-manager}, {@code
 *     kube-scheduler} and {@code kubectl}; null: they cannot be had
 * @param missing why they cannot be had and how to get them; empty where they are there
 */
public record Binaries(@Nullable Path folder, String missing) {
  private static final String ASSETS = "KUBEBUILDER_ASSETS";
  private static final List<String> NEEDED =
      List.of("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler");
  private static final long BUILD_MINUTES = 70;
  private static final int CANNOT_BE_BUILT = 3;

  /** As {@link #find(Map)}, with this process's environment. */
  public static Binaries find() {
    return find(System.getenv());
  }

  /**
   * Finds the programs; builds them where that is the only way, which takes some ten minutes.
   *
   * @param environment as of {@link System#getenv()}
   * @throws IllegalStateException where they should be there or should build, and do not
   */
  public static Binaries find(Map<String, String> environment) {
    String assets = environment.getOrDefault(ASSETS, "");
    if (!assets.isBlank()) {
      Path folder = Path.of(assets);
      List<String> absent =
          NEEDED.stream().filter(name -> !Files.isExecutable(folder.resolve(name))).toList();
      if (!absent.isEmpty()) {
        throw new IllegalStateException(
            ASSETS
                + "="
                + assets
                + " lacks "
                + String.join(", ", absent)
                + ": unset it to have them built, or add them");
      }
      return new Binaries(folder, "");
    }
    return root()
        .map(root -> build(root.resolve("testkit/cluster/build")))
        .orElseGet(() ->
            new Binaries(
                null, "testkit/cluster is in no folder above " + Path.of("").toAbsolutePath()));
  }

  /**
   * The folder with the programs.
   *
   * @throws IllegalStateException where they cannot be had, with what to install
   */
  public Path required() {
    if (folder == null) {
      throw new IllegalStateException(missing);
    }
    return folder;
  }

  /** The project's folder, found upwards from the working folder. */
  private static Optional<Path> root() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isRegularFile(at.resolve("testkit/cluster/go.mod"))) {
        return Optional.of(at);
      }
    }
    return Optional.empty();
  }

  private static Binaries build(Path script) {
    try {
      Path said = Files.createTempFile("testkit-build", ".log");
      try {
        Process build =
            new ProcessBuilder("bash", script.toString())
                .redirectError(ProcessBuilder.Redirect.to(said.toFile()))
                .start();
        // Its output is one line at its end, so that reading waits for the build.
        String folder =
            new String(build.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (!build.waitFor(BUILD_MINUTES, TimeUnit.MINUTES)) {
          build.destroyForcibly();
          throw new IllegalStateException(script + " did not end");
        }
        String words = Files.readString(said).strip();
        if (build.exitValue() == 0) {
          return new Binaries(Path.of(folder), "");
        }
        if (build.exitValue() == CANNOT_BE_BUILT) {
          return new Binaries(null, words);
        }
        throw new IllegalStateException(script + " failed: " + words);
      } finally {
        Files.delete(said);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(script + " could not be run", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while building the test control plane", e);
    }
  }
}
