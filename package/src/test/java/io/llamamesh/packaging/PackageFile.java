package io.llamamesh.packaging;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A package of the programs that are built.
 *
 * @param file the tar.gz
 */
record PackageFile(Path file) {
  /** The repository's root. */
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static Optional<PackageFile> shared = Optional.empty();

  /** The one that this run of tests made. */
  static synchronized PackageFile shared() throws IOException, InterruptedException {
    if (shared.isEmpty()) {
      shared = Optional.of(make(Path.of("target/package").toAbsolutePath()));
    }
    return shared.get();
  }

  /** Makes one in a folder. */
  static PackageFile make(Path folder) throws IOException, InterruptedException {
    for (PackageFile earlier : in(folder)) {
      Files.delete(earlier.file());
    }
    Tool.Outcome outcome = build("--output", folder.toString());
    if (outcome.code() != 0) {
      throw new IOException(outcome.output());
    }
    return in(folder).getFirst();
  }

  private static List<PackageFile> in(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".tar.gz"))
          .map(PackageFile::new)
          .toList();
    }
  }

  /** Runs the script that makes packages. */
  static Tool.Outcome build(String... options) throws IOException, InterruptedException {
    return Tool.run(
        Map.of("PATH", Tool.path(), "JAVA_HOME", System.getProperty("java.home")),
        Stream.concat(Stream.of(ROOT.resolve("package/build").toString()), Stream.of(options))
            .toList());
  }

  /** Its name without the ending, which is that of the folder in it. */
  String name() {
    return file.getFileName().toString().replaceFirst("[.]tar[.]gz$", "");
  }

  /** Unpacks it; returns the folder that it has. */
  Path unpack(Path folder) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    var _ = Tool.call("tar", "-C", folder.toString(), "-xzf", file.toString());
    return folder.resolve(name());
  }

  /** Everything in it, as tar lists it. */
  List<String> entries() throws IOException, InterruptedException {
    return Tool.call("tar", "-tvzf", file.toString(), "--utc", "--full-time", "--numeric-owner")
        .lines()
        .toList();
  }
}
