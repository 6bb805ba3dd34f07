package io.llamamesh.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A temporary folder for one run, and where our programs are. */
public final class BenchFolder implements AutoCloseable {

  private final Path folder;

  private BenchFolder(Path folder) {
    this.folder = folder;
  }

  /** A new folder, removed on {@link #close}. */
  public static BenchFolder create() throws IOException {
    return new BenchFolder(Files.createTempDirectory("llama-mesh-bench-"));
  }

  /** The folder. */
  public Path folder() {
    return folder;
  }

  /**
   * The command line of one of our programs as it is shipped: by the script that has its JVM flags.
   *
   * @param module {@code agent}, {@code scraper} or {@code operator}
   * @throws IOException when it is not built
   */
  public static List<String> program(String module) throws IOException {
    Path script =
        Path.of(System.getProperty("llamamesh.root", "."))
            .resolve(module)
            .resolve("target/dist/bin")
            .resolve(module)
            .toAbsolutePath()
            .normalize();
    if (!Files.isRegularFile(script)) {
      throw new IOException(script + " is missing: build first with ./llama-mesh build");
    }
    return List.of("/bin/sh", script.toString());
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
